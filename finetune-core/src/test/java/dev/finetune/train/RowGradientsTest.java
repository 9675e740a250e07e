package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

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
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps by the gradients of those rows that were looked up are steps by gradients of all rows, bit by bit. */
class RowGradientsTest {
    private static final int ROWS = 60;
    private static final int WIDTH = 16;
    private static final int PADDING = 3;

    private final Random random = new Random(7);
    private final float[] start = numbers(ROWS * WIDTH);

    private float[] numbers(int count) {
        final float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = (float) random.nextGaussian();
        }
        return numbers;
    }

    /** One table twice: once with gradients of all rows, once of some. */
    private final class Tables implements AutoCloseable {
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
                return new Parameter("table", Tensors.own(Tensors.of(start, ROWS, WIDTH)), false);
            }
        }

        /** Some places, several times the same, in two batches. */
        void lookUp(int below) {
            for (int batch = 0; batch < 2; batch++) {
                final long[] places = random.longs(9, 0, below).toArray();
                final float[] gradients = numbers(places.length * WIDTH);
                try (TensorScope scope = TensorScope.open()) {
                    final RowGradient rows = some.rowGradient();
                    if (rows == null) {
                        addTo(some, places, gradients);
                    } else {
                        rows.add(
                                Tensors.of(places, 3, places.length / 3),
                                Tensors.of(gradients, places.length, WIDTH),
                                PADDING);
                    }
                    addTo(all, places, gradients);
                }
            }
        }

        private void addTo(Parameter parameter, long[] places, float[] gradients) {
            for (int i = 0; i < places.length; i++) {
                if (places[i] == PADDING) {
                    Arrays.fill(gradients, i * WIDTH, (i + 1) * WIDTH, 0);
                }
            }
            if (!parameter.value().grad().defined()) {
                parameter.value().mutable_grad().put(Tensors.zerosLike(parameter.value()));
            }
            parameter
                    .value()
                    .grad()
                    .index_add_(0, Tensors.of(places, places.length), Tensors.of(gradients, places.length, WIDTH));
        }

        /** As what else reads the table gives it. */
        void addToAll() {
            final float[] gradients = numbers(ROWS * WIDTH);
            for (Parameter parameter : List.of(all, some)) {
                try (TensorScope scope = TensorScope.open()) {
                    if (parameter.value().grad().defined()) {
                        parameter.value().grad().add_(Tensors.of(gradients, ROWS, WIDTH));
                    } else {
                        parameter.value().mutable_grad().put(Tensors.of(gradients, ROWS, WIDTH));
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
                ofSome.state().forEach((name, tensor) -> shapes.put(name, Tensors.shape(tensor)));
                final Optimizer next = taking();
                next.restore(shapes);
                final Map<String, Tensor> room = next.state();
                assertThat(room).containsOnlyKeys(shapes.keySet());
                ofSome.state()
                        .forEach((name, tensor) ->
                                Objects.requireNonNull(room.get(name)).copy_(tensor));
                ofSome.close();
                next.takeRowGradients();
                ofSome = next;
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

    private static TrainingHistory trained(Settings settings, List<float[]> weights) {
        try (Network network = TinyNet.of(5, 1, 0.2, 40_000)) {
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
        final TrainingHistory ofSome = trained(settings, found);
        settings.rowGradients = false;
        final TrainingHistory ofAll = trained(settings, expected);
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
