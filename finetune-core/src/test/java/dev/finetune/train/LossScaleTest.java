package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.error.DivergedException;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In float16 losses are scaled as by PyTorch 2.13's GradScaler with its defaults. */
class LossScaleTest {
    @Test
    void itIsHalvedAtEachOverflowAndDoubledAfter2000StepsWithout() {
        final LossScale scale = LossScale.dynamic();
        assertThat(scale.factor()).isEqualTo(65536);
        for (int i = 0; i < 1999; i++) {
            scale.stepped();
        }
        assertThat(scale.factor()).isEqualTo(65536);
        assertThat(scale.overflowed()).isTrue(); // Counting begins anew.
        assertThat(scale.factor()).isEqualTo(32768);
        assertThat(scale.skipped()).isEqualTo(1);
        for (int i = 0; i < 2000; i++) {
            scale.stepped();
        }
        assertThat(scale.factor()).isEqualTo(65536);
        for (int i = 0; i < 2000; i++) {
            scale.stepped();
        }
        assertThat(scale.factor()).isEqualTo(131072);
    }

    @Test
    void gradientsThatAreNotFiniteUnscaledAreNoOverflow() {
        final LossScale scale = LossScale.dynamic();
        for (int i = 0; i < 16; i++) {
            assertThat(scale.overflowed()).isTrue();
        }
        assertThat(scale.factor()).isEqualTo(1);
        assertThat(scale.overflowed()).isFalse();
        assertThat(LossScale.none().overflowed()).isFalse();
    }

    /** A task whose losses, and so whose gradients, are larger by a factor. */
    private static Task times(double factor) {
        return (Task) Proxy.newProxyInstance(
                Task.class.getClassLoader(), new Class<?>[] {Task.class}, (proxy, method, arguments) -> {
                    final Object result = method.invoke(TrainerTest.TASK, arguments);
                    return method.getName().equals("lossSum") ? ((Tensor) result).mul(new Scalar(factor)) : result;
                });
    }

    private static List<StepReport> train(Network network, Precision precision, double epochs, double factor) {
        final Settings settings = new Settings();
        settings.precision = precision;
        settings.epochs = epochs;
        return TrainerTest.unwatched(network, times(factor), settings.make(Schedule.linear()))
                .train(rows(), Optional.empty())
                .steps();
    }

    private static EncodedRows rows() {
        return new EncodedRows(Rows.of(40, 6, 1), new Rows(), new EncodedRows.Order(8, true, false, false, 3));
    }

    @Test
    void stepsThatOverflowChangeNothingAndTheScheduleDoesNotCountThem() {
        try (Network network = TinyNet.of(5, 3, 0)) {
            final List<StepReport> steps = train(network, Precision.FLOAT16, 3, 100);
            long skipped = 0;
            for (StepReport step : steps) {
                assertThat(step.loss()).isFinite();
                assertThat(step.learningRate())
                        .isCloseTo(1e-2 * (15 - (step.step() - 1 - skipped)) / 15, within(1e-12));
                skipped += Double.isFinite(step.gradientNorm()) ? 0 : 1;
            }
            assertThat(skipped).isBetween(3L, 12L);
            assertThat(steps.get(0).gradientNorm()).isNotFinite();
            assertThat(steps.get(5))
                    .as("a step of the same rows, before which nothing was changed")
                    .extracting(StepReport::loss)
                    .isEqualTo(steps.get(0).loss());
            assertThat(steps.get(14).loss())
                    .as("the same rows at last")
                    .isLessThan(steps.get(4).loss());
        }
    }

    @Test
    void lossesAndNormsAreReportedUnscaled() {
        try (Network half = TinyNet.of(5, 3, 0);
                Network full = TinyNet.of(5, 3, 0)) {
            final StepReport found = train(half, Precision.FLOAT16, 1, 1).get(0);
            final StepReport expected = train(full, Precision.FLOAT32, 1, 1).get(0);
            assertThat(found.loss()).isNotEqualTo(expected.loss()).isCloseTo(expected.loss(), within(2e-3));
            assertThat(found.gradientNorm()).isCloseTo(expected.gradientNorm(), within(2e-3 * expected.gradientNorm()));
        }
    }

    @ParameterizedTest(name = "losses times {0}")
    @ValueSource(doubles = {1e12, Double.POSITIVE_INFINITY})
    void whatOverflowsUnscaledIsToldOf(double factor) {
        try (Network network = TinyNet.of(5, 3, 0)) {
            assertThatExceptionOfType(DivergedException.class)
                    .isThrownBy(() -> train(network, Precision.FLOAT16, 4, factor))
                    .withMessageContaining("float16 holds no number beyond 65,504");
        }
    }
}
