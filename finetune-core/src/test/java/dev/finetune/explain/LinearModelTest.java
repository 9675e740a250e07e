package dev.finetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Made;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import dev.finetune.task.ClassificationTask;
import dev.finetune.task.LossOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Attributions of a model whose score is linear in its embeddings can be written down: (1 / length) w (x - x'). */
class LinearModelTest {
    private static final int WIDTH = 5;
    private static final Letters LETTERS = new Letters();
    private static final String TEXT = "badge";

    private final Made made = new Made(3);
    private final Embedding words = new Embedding(made.at("words"), 10, WIDTH, -1, Init.ZEROS);
    private final Linear linear = new Linear(made.at("classifier"), WIDTH, 2, Init.ZEROS);
    private final Network network = new Network(
            List.of(new Words(words, Optional.of(HiddenLayout.positions("attention_mask")))), new Mean(linear));

    @AfterEach
    void close() {
        network.close();
    }

    private ExplainedModel<String> model() {
        return new ExplainedModel<>("averaging", network, LETTERS, task(), Tensors.cpu());
    }

    private static ClassificationTask task() {
        return new ClassificationTask((Head.Classification) Heads.classes("no", "yes"), LossOptions.DEFAULT);
    }

    private static <A> A explained(ExplainedModel<String> model, ExplanationMethod<A> method) {
        final ExplanationMethod.Work<A> work = method.start(model, TEXT);
        while (work.step()) {
            // on to the next piece
        }
        return work.result();
    }

    /** w (x - x') of a token and another, for the class "yes". */
    private double product(int token, int other) {
        final float[] rows = Tensors.floats(words.weight().value());
        final float[] weights = Tensors.floats(made.taken.get(1).value());
        double sum = 0;
        for (int i = 0; i < WIDTH; i++) {
            final double less = other < 0 ? 0 : rows[other * WIDTH + i];
            sum += weights[WIDTH + i] * (rows[token * WIDTH + i] - less);
        }
        return sum;
    }

    @Test
    void integratedGradientsAreExactWithASingleStep() {
        final Attribution why =
                explained(model(), Explain.integratedGradients().steps(1).target("yes"));

        assertThat(why.completenessError().orElseThrow()).isCloseTo(0, within(1e-6));
        assertThat(why.tokens()).hasSize(TEXT.length() + 1);
        assertThat(why.tokens().get(0).attribution()).isZero();
        for (int i = 1; i < why.tokens().size(); i++) {
            assertThat(why.tokens().get(i).attribution())
                    .isCloseTo(product(Letters.id(TEXT.charAt(i - 1)), Letters.PADDING) / 6, within(1e-6));
        }
    }

    @Test
    void gradientTimesInputIsTheTokensPartOfTheScore() {
        final Attribution why = explained(model(), Explain.gradientTimesInput().target(1));
        final double bias = Tensors.floats(made.taken.get(2).value())[1];

        assertThat(why.sum()).isCloseTo(why.score() - bias, within(1e-6));
        assertThat(why.tokens().get(1).attribution()).isCloseTo(product(Letters.id('b'), -1) / 6, within(1e-6));
    }

    @Test
    void occlusionIsTheDifferenceThatATokenMakes() {
        final Attribution masked =
                explained(model(), Explain.occlusion().target("yes").atOnce(2));
        assertThat(masked.tokens().get(3).attribution())
                .isCloseTo(product(Letters.id('d'), Letters.MASK) / 6, within(1e-6));

        final Attribution removed =
                explained(model(), Explain.occlusion().byRemoval().target("yes"));
        final double bias = Tensors.floats(made.taken.get(2).value())[1];
        final double others = 6 * (removed.score() - bias) - product(Letters.id('d'), -1);
        assertThat(removed.tokens().get(3).attribution()).isCloseTo(removed.score() - bias - others / 5, within(1e-6));
    }

    @Test
    void aNetworkWhoseFirstStageHasNoPositionsIsRefusedByName() {
        final Network flat = new Network(List.of(new Words(words, Optional.empty())), new Mean(linear));
        assertThatThrownBy(() -> explained(
                        new ExplainedModel<>("averaging", flat, LETTERS, task(), Tensors.cpu()),
                        Explain.integratedGradients()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("(averaging) can't be explained by gradients")
                .hasMessageContaining("\"words\"")
                .hasMessageContaining("Stage.layout");
    }

    /** (batch, length) to (batch, length, width). */
    private record Words(Embedding vectors, Optional<HiddenLayout> layout) implements Stage {
        @Override
        public String name() {
            return "words";
        }

        @Override
        public Tensor forward(Tensor nothing, Batch batch, ForwardContext context) {
            return vectors.forward(batch.get("input_ids"), context);
        }

        @Override
        public List<Parameter> parameters() {
            return vectors.parameters();
        }
    }

    /** The mean over the tokens, of rows of one length, classified. */
    private record Mean(Linear classifier) implements HeadModule {
        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return Map.of("logits", classifier.forward(hidden.mean(1), context));
        }

        @Override
        public List<Parameter> parameters() {
            return classifier.parameters();
        }
    }
}
