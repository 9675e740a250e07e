package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Attention;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Init;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Made;
import dev.finetune.nn.Module;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Trunks that are no chain: two towers whose ends the head reads, and a decoder whose layers read an encoder's last one. */
class TwoTowersTest {
    private static final int WIDTH = 8;

    /** Embeddings, the first stage of a tower. */
    private record Symbols(String name, Embedding embedding, Dropout dropout) implements Stage {
        Symbols(ParameterSource source, String name, double dropped) {
            this(name, new Embedding(source.at(name), 16, WIDTH, 0, Init.normal(0.3)), new Dropout(dropped));
        }

        @Override
        public List<String> reads() {
            return List.of();
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.positions("attention_mask"));
        }

        @Override
        public Tensor forward(Tensor nothing, Batch batch, ForwardContext context) {
            return dropout.forward(embedding.forward(batch.get("input_ids"), context), context);
        }

        @Override
        public List<Parameter> parameters() {
            return embedding.parameters();
        }
    }

    /** A layer that looks at its own tower or, where one is named, at another stage. */
    private record Layer(String name, List<String> reads, Linear in, Linear out, Attention attention) implements Stage {
        Layer(ParameterSource source, String name, List<String> reads, double dropped) {
            this(
                    name,
                    reads,
                    new Linear(source.at(name + ".in"), WIDTH, WIDTH, Init.normal(0.3)),
                    new Linear(source.at(name + ".out"), WIDTH, WIDTH, Init.normal(0.3)),
                    new Attention(2, new Dropout(dropped)));
        }

        @Override
        public Optional<HiddenLayout> layout() {
            return Optional.of(HiddenLayout.positions("attention_mask"));
        }

        @Override
        public Tensor forward(List<Tensor> inputs, Batch batch, ForwardContext context) {
            final Tensor seen = in.forward(inputs.get(inputs.size() - 1), context);
            final Tensor mixed = attention.forward(inputs.get(0), seen, seen, null, context);
            return inputs.get(0).add(out.forward(mixed, context).tanh());
        }

        @Override
        public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
            return forward(List.of(input), batch, context);
        }

        @Override
        public List<Parameter> parameters() {
            return Module.parametersOf(List.of(in, out));
        }
    }

    /** Classifies the means of what it reads, side by side. */
    private record Head(List<String> reads, Linear linear) implements HeadModule {
        @Override
        public Map<String, Tensor> forward(List<Tensor> hidden, Batch batch, ForwardContext context) {
            final TensorVector means = new TensorVector();
            hidden.forEach(each -> means.push_back(each.mean(1)));
            return Map.of("logits", linear.forward(torch.cat(means, 1), context));
        }

        @Override
        public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
            return forward(List.of(hidden), batch, context);
        }

        @Override
        public List<Parameter> parameters() {
            return linear.parameters();
        }
    }

    private enum Shape {
        TOWERS,
        DECODER
    }

    private static Network network(Shape shape, double dropped) {
        final Made made = new Made(5);
        final List<Stage> stages = new ArrayList<>(List.of(
                new Symbols(made, "left", dropped),
                new Layer(made, "left.0", List.of(Stage.PREVIOUS), dropped),
                new Layer(made, "left.1", List.of(Stage.PREVIOUS), dropped),
                new Symbols(made, "right", dropped)));
        final List<String> decoding =
                shape == Shape.DECODER ? List.of(Stage.PREVIOUS, "left.1") : List.of(Stage.PREVIOUS);
        stages.add(new Layer(made, "right.0", decoding, dropped));
        if (shape == Shape.DECODER) {
            stages.add(new Layer(made, "right.1", decoding, dropped));
        }
        final List<String> ends = shape == Shape.DECODER ? List.of(Stage.PREVIOUS) : List.of("left.1", Stage.PREVIOUS);
        return new Network(
                stages,
                new Head(
                        ends,
                        new Linear(
                                made.at("classifier"), WIDTH * (long) ends.size(), TinyNet.CLASSES, Init.normal(0.3))));
    }

    private static void freeze(Network network, int stages) {
        network.stages().subList(0, stages).stream()
                .flatMap(stage -> stage.parameters().stream())
                .forEach(parameter -> parameter.setTrained(false));
    }

    private static List<Encoded> rows(int count) {
        return Collections.unmodifiableList(new ArrayList<>(Rows.of(200, 9, 4).stream()
                .filter(row -> row.length() == 6)
                .limit(count)
                .toList()));
    }

    private static List<float[]> gradients(Shape shape, int frozen, boolean checkpointing) {
        final Settings settings = new Settings();
        settings.gradientCheckpointing = checkpointing;
        final HostBatch host = TinyNet.batch(rows(5));
        try (Network network = network(shape, 0.2)) {
            freeze(network, frozen);
            try (FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, false, HalfPrecision.NONE);
                    TensorScope scope = TensorScope.open();
                    Batch batch = new Batch(host, Tensors.cpu())) {
                final List<float[]> found = new ArrayList<>();
                found.add(new float[] {
                    (float) new BackwardPass(
                                    network,
                                    new Objective(TrainerTest.TASK, 0, 0),
                                    new PretrainedReference(KnowledgePreservation.DEFAULT, network, List.of()),
                                    settings.make(),
                                    HalfPrecision.NONE,
                                    prefix,
                                    HalfPrecisionWeights.none(),
                                    Agreement.ALONE.gradientSums(network, List.of(), true),
                                    false)
                            .run(batch, 5, 77)
                });
                network.trained().forEach(parameter -> found.add(Tensors.floats(Tensors.gradient(parameter.value()))));
                return found;
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"TOWERS, 0", "TOWERS, 1", "TOWERS, 3", "TOWERS, 4", "DECODER, 0", "DECODER, 3", "DECODER, 5"})
    void checkpointedTheyHaveTheGradientsOfThePlainWay(Shape shape, int frozen) {
        final long before = Pointer.totalCount();
        final List<float[]> plain = gradients(shape, frozen, false);
        final List<float[]> checkpointed = gradients(shape, frozen, true);
        assertThat(checkpointed).hasSameSizeAs(plain).hasSizeGreaterThan(2);
        for (int i = 0; i < plain.size(); i++) {
            assertThat(checkpointed.get(i)).as("number %d", i).containsExactly(plain.get(i), within(1e-6f));
        }
        assertThat(plain).allSatisfy(numbers -> assertThat(numbers).isNotEqualTo(new float[numbers.length]));
        assertThat(Pointer.totalCount()).isEqualTo(before);
    }

    private static TrainingHistory trained(Shape shape, int frozen, boolean keep, List<float[]> weights) {
        final Settings settings = new Settings();
        settings.epochs = 4;
        settings.keepFrozenOutputs = keep;
        settings.preservation = KnowledgePreservation.DEFAULT.layerDecay(0.5);
        final EncodedRows.Order order = new EncodedRows.Order(4, true, true, true, 3);
        final EncodedRows evaluated =
                new EncodedRows(rows(9), new Rows(), new EncodedRows.Order(4, false, false, true, 3));
        try (Network network = network(shape, 0)) {
            freeze(network, frozen);
            final TrainingHistory history = TrainerTest.unwatched(network, TrainerTest.TASK, settings.make())
                    .train(new EncodedRows(rows(21), new Rows(), order), Optional.of(evaluated));
            network.trained().forEach(parameter -> weights.add(Tensors.floats(parameter.value())));
            return history;
        }
    }

    @ParameterizedTest
    @CsvSource({"TOWERS, 3", "TOWERS, 4", "DECODER, 3", "DECODER, 5"})
    void whatFrozenStagesGaveIsKeptOfAllThatIsStillRead(Shape shape, int frozen) {
        final List<float[]> plain = new ArrayList<>();
        final List<float[]> kept = new ArrayList<>();
        final TrainingHistory expected = trained(shape, frozen, false, plain);
        final TrainingHistory found = trained(shape, frozen, true, kept);
        assertThat(found.epochs().get(3).trainingLoss())
                .isCloseTo(expected.epochs().get(3).trainingLoss(), within(1e-6));
        for (int i = 0; i < plain.size(); i++) {
            assertThat(kept.get(i)).containsExactly(plain.get(i), within(1e-5f));
        }
        try (Network network = network(shape, 0)) {
            freeze(network, frozen);
            try (FrozenStageCache prefix = FrozenStageCacheTest.prefix(network, true, HalfPrecision.NONE);
                    TensorScope scope = TensorScope.open();
                    Batch batch = new Batch(TinyNet.batch(rows(4)), Tensors.cpu())) {
                assertThat(prefix.stages()).isEqualTo(frozen);
                assertThat(prefix.knows(rows(4))).isFalse();
                final List<Encoded> same = batch.host().rows();
                final List<float[]> first = numbers(prefix, batch);
                assertThat(prefix.knows(same)).isTrue();
                network.parameters()
                        .forEach(parameter -> parameter.value().detach().zero_());
                assertThat(numbers(prefix, batch)).usingRecursiveComparison().isEqualTo(first);
                assertThat(first).hasSize(frozen == 4 || frozen == 5 ? 2 : 1);
            }
        }
    }

    private static List<float[]> numbers(FrozenStageCache prefix, Batch batch) {
        return prefix.output(batch, true).tensors().stream()
                .map(Tensors::floats)
                .toList();
    }

    @Test
    void stagesAreAsFarFromTheHeadAsTheirLongestWay() {
        try (Network towers = network(Shape.TOWERS, 0);
                Network decoder = network(Shape.DECODER, 0)) {
            final LayerwiseRates rates = new LayerwiseRates(towers);
            assertThat(rates.stages()).isEqualTo(3);
            assertThat(towers.stages().stream()
                            .map(stage -> rates.of(stage.parameters().get(0)))
                            .toList())
                    .containsExactly(0, 1, 2, 1, 2);
            final LayerwiseRates decoding = new LayerwiseRates(decoder);
            assertThat(decoder.stages().stream()
                            .map(stage -> decoding.of(stage.parameters().get(0)))
                            .toList())
                    .containsExactly(0, 1, 2, 2, 3, 4);
            assertThat(decoding.share(decoder.head().parameters().get(0), 0.5)).isEqualTo(1);
            assertThat(decoder.live(4)).containsExactly(2, 3);
            assertThat(towers.layers()).isEqualTo(2);
        }
    }

    @Test
    void whatReadsNoStageBeforeItAndWhatNothingReadsIsRefused() {
        final Made made = new Made(1);
        final Stage symbols = new Symbols(made, "left", 0);
        final Stage lost = new Layer(made, "left.0", List.of("right"), 0);
        final Linear linear = new Linear(made.at("classifier"), WIDTH, 3, Init.ZEROS);
        assertThatThrownBy(() -> new Network(List.of(symbols, lost), new Head(List.of(Stage.PREVIOUS), linear)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("left.0 reads the output of \"right\"", "[left]");
        final Stage unread = new Layer(made, "left.1", List.of(Stage.PREVIOUS), 0);
        assertThatThrownBy(() -> new Network(List.of(symbols, unread), new Head(List.of("left"), linear)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("left.1 is read neither");
        made.taken.forEach(Parameter::close);
    }
}
