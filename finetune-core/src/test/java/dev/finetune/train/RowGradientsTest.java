package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.RowGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps by the gradients of those rows that were looked up are steps by gradients of all rows, bit by bit. */
class RowGradientsTest {
    private static final int ROWS = 60;
    private static final int PADDING = 3;

    private final Random random = new Random(7);
    private int width = 16;

    private float[] numbers(int count) {
        final float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    /** One table twice: once with gradients of all rows, once of some. */
    private final class Tables implements AutoCloseable {
        private final float[] start = numbers(ROWS * width);
        private final Parameter all = parameter();
        private final Parameter some = parameter();
        private final OptimizerSettings settings;
        private final Optimizer ofAll;
        private Optimizer ofSome;

        Tables(OptimizerSettings settings) {
            this.settings = settings;
            this.ofAll = new Optimizer(settings, List.of(all));
            this.ofSome = taking();
        }

        private Optimizer taking() {
            final Optimizer optimizer = new Optimizer(settings, List.of(some));
            optimizer.takeRowGradients();
            return optimizer;
        }

        private Parameter parameter() {
            try (TensorScope scope = TensorScope.open()) {
                return new Parameter("table", Tensors.own(Tensors.of(start, ROWS, width)), false);
            }
        }

        /** Some places, several times the same, in two batches. */
        void lookUp(int below) {
            for (int batch = 0; batch < 2; batch++) {
                final long[] places = random.longs(9, 0, below).toArray();
                final float[] gradients = numbers(places.length * width);
                try (TensorScope scope = TensorScope.open()) {
                    final RowGradient rows = some.rowGradient();
                    if (rows == null) {
                        addTo(some, places, gradients);
                    } else {
                        rows.add(
                                Tensors.of(places, 3, places.length / 3),
                                Tensors.of(gradients, places.length, width),
                                PADDING);
                    }
                    addTo(all, places, gradients);
                }
            }
        }

        private void addTo(Parameter parameter, long[] places, float[] gradients) {
            for (int i = 0; i < places.length; i++) {
                if (places[i] == PADDING) {
                    Arrays.fill(gradients, i * width, (i + 1) * width, 0);
                }
            }
            if (!parameter.value().grad().defined()) {
                parameter.value().mutable_grad().put(Tensors.zerosLike(parameter.value()));
            }
            parameter
                    .value()
                    .grad()
                    .index_add_(0, Tensors.of(places, places.length), Tensors.of(gradients, places.length, width));
        }

        /** As what else reads the table gives it. */
        void addToAll() {
            final float[] gradients = numbers(ROWS * width);
            for (Parameter parameter : List.of(all, some)) {
                try (TensorScope scope = TensorScope.open()) {
                    if (parameter.value().grad().defined()) {
                        parameter.value().grad().add_(Tensors.of(gradients, ROWS, width));
                    } else {
                        parameter.value().mutable_grad().put(Tensors.of(gradients, ROWS, width));
                    }
                }
            }
        }

        void step(double rate) {
            // The sums of squares are in another order.
            assertThat(Gradients.norm(List.of(some))).isCloseTo(Gradients.norm(List.of(all)), withinPercentage(1e-4));
            final double clip = Gradients.clip(Gradients.norm(List.of(all)), 1);
            ofAll.step(rate, clip);
            ofSome.step(rate, clip);
            Optimizer.forgetGradients(List.of(all, some));
            assertThat(Tensors.floats(some.value())).isEqualTo(Tensors.floats(all.value()));
        }

        /** Another optimizer goes on from what the one remembers. */
        void restore() {
            try (TensorScope scope = TensorScope.open()) {
                final Map<String, long[]> shapes = new LinkedHashMap<>();
                final Map<String, Tensor> remembered = new LinkedHashMap<>();
                ofSome.state().forEach((name, tensor) -> {
                    shapes.put(name, Tensors.shape(tensor));
                    remembered.put(name, tensor.clone());
                });
                ofSome.close();
                ofSome = taking();
                ofSome.restore(shapes);
                final Map<String, Tensor> room = ofSome.state();
                assertThat(room).containsOnlyKeys(shapes.keySet());
                remembered.forEach(
                        (name, tensor) -> Objects.requireNonNull(room.get(name)).copy_(tensor));
            }
        }

        long rowsRemembered() {
            try (TensorScope scope = TensorScope.open()) {
                return Objects.requireNonNull(ofSome.state().get("table.exp_avg"))
                        .size(0);
            }
        }

        @Override
        public void close() {
            ofAll.close();
            ofSome.close();
            all.close();
            some.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 20", "0, 60", "0.1, 20", "0.1, 60"})
    void everyWeightAfterEveryStepIsTheSame(double decay, int below) {
        try (Tables tables = new Tables(OptimizerSettings.adamW().withWeightDecay(WeightDecay.of(decay)))) {
            for (int step = 1; step <= 30; step++) {
                if (step % 7 == 0) {
                    tables.restore();
                }
                tables.lookUp(below);
                tables.step(0.1 / step);
                assertThat(tables.rowsRemembered()).isLessThanOrEqualTo(below);
            }
            assertThat(tables.rowsRemembered()).isEqualTo(below);
        }
    }

    /** Kernels take 16 numbers at once, and those that are left over at the end one by one. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 12, 40})
    void soItIsWhereNumbersAreLeftOverAtTheEndOfSomeRowsOrOfAll(int wide) {
        width = wide;
        everyWeightAfterEveryStepIsTheSame(0.1, 19);
    }

    /** Else the norm is summed up in another order, and rounded otherwise, than in a training that went on. */
    @Test
    void whoRememberedAllRowsGoesOnByGradientsOfAllRows() {
        try (Tables tables = new Tables(OptimizerSettings.adamW())) {
            tables.lookUp(20);
            tables.step(0.1);
            tables.restore();
            assertThat(tables.some.rowGradient()).isNotNull();
            while (tables.some.rowGradient() != null) {
                tables.lookUp(ROWS);
                tables.step(0.1);
            }
            tables.restore();
            assertThat(tables.some.rowGradient()).isNull();
            tables.lookUp(20);
            assertThat(Gradients.norm(List.of(tables.some))).isEqualTo(Gradients.norm(List.of(tables.all)));
            tables.step(0.1);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void aGradientOfAllRowsThatComesAtAnyTimeIsTakenToo(int when) {
        try (Tables tables = new Tables(OptimizerSettings.adamW())) {
            for (int step = 0; step < 10; step++) {
                tables.lookUp(20);
                if (step == when || step == 8) {
                    tables.addToAll();
                }
                tables.step(0.05);
            }
        }
    }

    @Test
    void whatIsKeptByRowsIsAddedToTheGradientOfAllWhenItIsNoLongerWanted() {
        try (Tables tables = new Tables(OptimizerSettings.adamW())) {
            tables.lookUp(ROWS);
            tables.some.keepRowGradient(false);
            try (TensorScope scope = TensorScope.open()) {
                assertThat(Tensors.floats(tables.some.value().grad()))
                        .isEqualTo(Tensors.floats(tables.all.value().grad()));
            }
            assertThat(tables.some.rowGradient()).isNull();
        }
    }

    @Test
    void onlyAdamWTakesThem() {
        for (OptimizerSettings other :
                List.of(OptimizerSettings.sgd(0.9), new OptimizerSettings.AdamW(0.9, 0.999, 0, WeightDecay.NONE))) {
            try (Tables tables = new Tables(other)) {
                assertThat(tables.some.rowGradient()).isNull();
            }
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        try (Tables tables = new Tables(OptimizerSettings.adamW())) {
            long before = 0;
            for (int step = 0; step < 300; step++) {
                tables.lookUp(20);
                tables.step(0.01);
                if (step == 50) {
                    before = Pointer.totalCount();
                }
            }
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    /** Memory suffices for so few symbols of a batch, on the way back, when all of the other batches of a step are done. */
    private static Network shortOfMemoryBackward(Network network) {
        return FaultyStage.in(
                network,
                1,
                (input, batch, context) -> input.requires_grad() && input.size(0) * input.size(1) > 20
                        ? CustomGradients.output(input, List.of(input), List.of(), (gradient, kept, gradients) -> {
                            torch.empty(1L << 48);
                        })
                        : input);
    }

    /** A way to train. */
    private record Way(String name, UnaryOperator<Network> network, Consumer<Settings> settings) {
        Way(String name, Consumer<Settings> settings) {
            this(name, network -> network, settings);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Way> ways() {
        return Stream.of(
                new Way("plain", s -> {}),
                new Way("accumulated", s -> s.accumulation = 3),
                new Way("recomputed", s -> s.gradientCheckpointing = true),
                new Way(
                        "in parts, after memory ran out on the way back",
                        RowGradientsTest::shortOfMemoryBackward,
                        s -> {
                            s.batchesInParts = true;
                            s.accumulation = 2;
                        }),
                new Way("twice", s -> s.regularization = Regularization.DEFAULT.rDrop(0.5)),
                new Way("averaged", s -> s.regularization = Regularization.DEFAULT.average(WeightAverage.ema(0.9))),
                new Way(
                        "unfrozen bit by bit, at rates by depth",
                        s -> s.preservation = KnowledgePreservation.DEFAULT
                                .gradualUnfreezing(0.5)
                                .layerDecay(0.8)),
                new Way("held near the original", s -> s.preservation = KnowledgePreservation.DEFAULT.distill(0.5)),
                new Way("pulled to the start", s -> s.preservation = KnowledgePreservation.DEFAULT.l2sp(0.1, 0.2)));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void trainingThatDoesNotClipIsTheSameBitByBit(Way way) {
        final Settings settings = new Settings();
        settings.maxGradientNorm = 0;
        settings.epochs = 2;
        way.settings.accept(settings);
        final List<float[]> found = new ArrayList<>();
        final List<float[]> expected = new ArrayList<>();
        final TrainingHistory ofSome = trained(settings, way.network, found);
        settings.rowGradients = false;
        final TrainingHistory ofAll = trained(settings, way.network, expected);
        assertThat(ofSome.steps())
                .extracting(StepReport::loss)
                .isEqualTo(ofAll.steps().stream().map(StepReport::loss).toList());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(Arrays.equals(found.get(i), expected.get(i)))
                    .as("parameter %d", i)
                    .isTrue();
        }
    }

    private static TrainingHistory trained(Settings settings, UnaryOperator<Network> changed, List<float[]> weights) {
        try (Network network = changed.apply(TinyNet.of(5, 1, 0.2, 40_000))) {
            final BatchSource rows =
                    new EncodedRows(Rows.of(37, 6, 1), new Rows(), new EncodedRows.Order(8, true, true, true, 3));
            final TrainingHistory history = TrainerTest.unwatched(network, TrainerTest.TASK, settings.make())
                    .train(rows, Optional.empty());
            network.parameters().forEach(each -> weights.add(Tensors.floats(each.value())));
            return history;
        }
    }

    @Test
    void trainingIsTheSameButForTheRoundingOfTheNormThatGradientsAreClippedBy() {
        final Settings settings = new Settings();
        settings.maxGradientNorm = 0.1;
        settings.epochs = 2;
        final List<float[]> found = new ArrayList<>();
        final List<float[]> expected = new ArrayList<>();
        final TrainingHistory ofSome = trained(settings, network -> network, found);
        settings.rowGradients = false;
        final TrainingHistory ofAll = trained(settings, network -> network, expected);
        assertThat(ofSome.steps()).hasSameSizeAs(ofAll.steps());
        for (int step = 0; step < ofAll.steps().size(); step++) {
            assertThat(ofSome.steps().get(step).loss())
                    .isCloseTo(ofAll.steps().get(step).loss(), within(1e-6));
            assertThat(ofSome.steps().get(step).gradientNorm())
                    .isCloseTo(ofAll.steps().get(step).gradientNorm(), within(1e-5));
        }
        for (int i = 0; i < expected.size(); i++) {
            double off = 0;
            for (int j = 0; j < expected.get(i).length; j++) {
                off = Math.max(off, Math.abs(expected.get(i)[j] - found.get(i)[j]));
            }
            assertThat(off).isLessThan(1e-5);
        }
    }
}
