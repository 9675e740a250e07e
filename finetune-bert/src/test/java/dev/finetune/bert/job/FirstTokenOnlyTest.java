package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.peft.Lora;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Where the head reads the first token alone, the last layer computes no other; without dropout that changes nothing. */
class FirstTokenOnlyTest {
    static Stream<Arguments> ways() {
        return Stream.of(
                way("all trained", tuner -> tuner),
                way("checkpointing", tuner -> tuner.execution(e -> e.gradientCheckpointing(true))),
                way("a frozen layer", tuner -> tuner.freeze(1)),
                way("all layers frozen", tuner -> tuner.freeze(Freeze.allButHead())),
                way(
                        "all layers frozen, each time anew",
                        tuner -> tuner.freeze(Freeze.allButHead()).execution(e -> e.keepFrozenOutputs(false))),
                way("all is kept for backward", tuner -> tuner.execution(e -> e.recomputeActivations(false))),
                way("LoRA", tuner -> tuner.lora(Lora.rank(4).targets("query", "key", "output.dense"))),
                way("distillation", tuner -> tuner.preservation(p -> p.distill(1))));
    }

    private static Arguments way(String what, UnaryOperator<FineTuner> way) {
        return Arguments.of(what, way);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void trainingAgreesWithComputingAllTokens(String what, UnaryOperator<FineTuner> way) {
        final Dataset<Text> train = Jobs.data(60, 1);
        final Dataset<Text> validation = Jobs.data(20, 2);
        final FineTuner tuner = way.apply(
                Jobs.classifier().regularization(r -> r.dropout(0)).lr(1e-3).epochs(2));
        try (FineTuned<Text> skipping = tuner.fit(train, validation);
                FineTuned<Text> computing =
                        tuner.execution(e -> e.firstTokenOnly(false)).fit(train, validation)) {
            final List<Double> ours = Jobs.losses(skipping);
            final List<Double> plain = Jobs.losses(computing);
            assertThat(ours).hasSameSizeAs(plain).hasSizeGreaterThan(10);
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i)).as("step %d", i).isCloseTo(plain.get(i), within(1e-5));
            }
            assertThat(skipping.evaluation().get("loss"))
                    .isCloseTo(computing.evaluation().get("loss"), within(1e-5));
        }
    }

    /** (rows, tokens) of what the last layer gives. */
    private static long[] lastLayer(FineTuner tuner) {
        try (FineTuned<Text> model = tuner.untrained(Text.class);
                TensorScope scope = TensorScope.open()) {
            final InputEncoder<Text> encoder = model.assembly().encoder();
            final List<Example<Text>> unlabelled = Jobs.texts(3, 1).stream()
                    .map(text -> new Example<>(text, Label.none()))
                    .toList();
            final HostBatch host = encoder.collate(encoder.encode(unlabelled), CollateContext.predicting());
            try (Batch batch = new Batch(host, Tensors.cpu())) {
                final long[] shape = Tensors.shape(model.assembly()
                        .network()
                        .trunk(batch, ForwardContext.evaluating(), hidden -> {})
                        .last());
                return new long[] {shape[0], shape[1]};
            }
        }
    }

    @Test
    void theLastLayerGivesTheFirstTokenWhereNothingElseIsReadAndAllWhereItIs() {
        assertThat(lastLayer(Jobs.classifier())).containsExactly(3, 1);
        final long[] all = lastLayer(Jobs.classifier().execution(e -> e.firstTokenOnly(false)));
        assertThat(all[1]).isGreaterThan(5);
        assertThat(lastLayer(Jobs.classifier().head(Heads.regression()))).containsExactly(3, 1);
        assertThat(lastLayer(Jobs.classifier().head(Heads.features(Pooling.CLS))))
                .containsExactly(3, 1);
        assertThat(lastLayer(Jobs.classifier().head(Heads.features(Pooling.MEAN))))
                .containsExactly(all);
        assertThat(lastLayer(Jobs.classifier().preservation(p -> p.distill(1)))).containsExactly(all);
    }

    @Test
    void embeddingsOfTheFirstTokenAgreeWithComputingAllTokens() {
        final List<String> texts = List.of("great", "what a waste of an evening", "fine");
        try (Embedder<String> skipping = Jobs.classifier().embedder(Pooling.CLS);
                Embedder<String> computing = Jobs.classifier()
                        .execution(e -> e.firstTokenOnly(false))
                        .embedder(Pooling.CLS)) {
            final List<float[]> ours = skipping.embed(texts);
            final List<float[]> plain = computing.embed(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(ours.get(i)).containsExactly(plain.get(i), within(1e-5f));
            }
        }
    }
}
