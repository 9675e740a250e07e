package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.error.FinetuneException;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void stepsBeforeTheFirstHaveNoRate() {
        for (String name : Schedule.NAMES) {
            for (int warmup : new int[] {0, 5}) {
                assertThatThrownBy(() -> warming(name, warmup).rate(-1, 10, 1e-3))
                        .as(name)
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContainingAll("counted from 0", "-1");
            }
        }
    }

    private static Schedule warming(String name, long warmup) {
        final Schedule plain = Schedule.named(name);
        return plain instanceof Schedule.Constant ? plain : plain.withWarmupSteps(warmup);
    }

    @Test
    void aPolynomialMustFall() {
        final Schedule schedule = new Schedule.Polynomial(new Warmup(3, 0), 1e-3, 2);
        for (double base : new double[] {1e-3, 1e-4, Double.NaN}) {
            assertThatThrownBy(() -> schedule.rate(0, 10, base))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("0.001", Double.toString(base));
        }
        assertThat(schedule.rate(10, 10, 1e-2)).isEqualTo(1e-3);
        assertThatThrownBy(() -> new Schedule.Polynomial(Warmup.NONE, -1, 1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> new Schedule.Polynomial(Warmup.NONE, 0, 0)).hasMessageContaining("power");
    }

    @Test
    void aConstantRateRefusesAWarmUp() {
        final Schedule constant = Schedule.constant();
        assertThat(constant.rate(0, 100, 1e-3)).isEqualTo(1e-3);
        assertThat(constant.withWarmupSteps(0)).isEqualTo(constant);
        assertThatThrownBy(() -> constant.withWarmupSteps(10))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("constant schedule", "10 warm-up steps", "constant_with_warmup");
        assertThatThrownBy(() -> new Schedule.Exponential(1).withWarmupRatio(0.5))
                .hasMessageContainingAll("exponential schedule", "warm-up ratio 0.5");
        final Schedule warm = Schedule.named("constant_with_warmup").withWarmupSteps(10);
        assertThat(warm.rate(0, 100, 1e-3)).isZero();
        assertThat(warm.rate(5, 100, 1e-3)).isCloseTo(5e-4, within(1e-12));
        assertThat(warm.rate(50, 100, 1e-3)).isEqualTo(1e-3);
    }

    @Test
    void noRateIsNegativeOrAboveThePeakWhateverTheNumbers() {
        for (String name : Schedule.NAMES) {
            for (long total : new long[] {1, 2, 17}) {
                for (long warmup : new long[] {0, 1, 5, 40}) {
                    final Schedule schedule = warming(name, warmup);
                    for (long step = 0; step < total + 20; step++) {
                        assertThat(schedule.rate(step, total, 2.0))
                                .as("%s, step %d of %d, %d to warm up", name, step, total, warmup)
                                .isBetween(0.0, 2.0);
                    }
                }
            }
        }
    }

    @Test
    void oneCycleIsPyTorchs() {
        for (JsonObject row :
                Reference.objects(Reference.read("gentle").getAsJsonObject().get("one_cycle"))) {
            final long total = row.get("total").getAsLong();
            final double peak = row.get("peak").getAsDouble();
            final double share = row.get("share").getAsDouble();
            final Schedule schedule = new Schedule.OneCycle(
                    new Warmup(0, share),
                    row.get("divisor").getAsDouble(),
                    row.get("last_divisor").getAsDouble());
            final double[] expected = Reference.doubles(row.get("rates"));
            assertThat(expected).hasSize((int) total);
            for (int step = 0; step < total; step++) {
                assertThat(schedule.rate(step, total, peak))
                        .as("step %d of %d, rising for %s", step, total, share)
                        .isCloseTo(expected[step], within(1e-15));
            }
        }
        assertThat(Schedule.oneCycle()).isEqualTo(new Schedule.OneCycle(new Warmup(0, 0.3), 25, 1e4));
    }

    @Test
    void oneCycleRisesInItsWarmUpAndEndsWhereItEnds() {
        final Schedule schedule = Schedule.named("one_cycle").withWarmupSteps(5);
        assertThat(schedule.rate(0, 20, 1)).isCloseTo(1.0 / 25, within(1e-12));
        assertThat(schedule.rate(4, 20, 1)).isEqualTo(1);
        assertThat(schedule.rate(19, 20, 1)).isCloseTo(1 / 25e4, within(1e-12));
        assertThat(schedule.rate(30, 20, 1)).isCloseTo(1 / 25e4, within(1e-12));
        assertThat(Schedule.oneCycle().withWarmupSteps(1).rate(0, 20, 1)).isEqualTo(1);
        assertThatThrownBy(() -> new Schedule.OneCycle(Warmup.NONE, 0.5, 1)).hasMessageContaining("0.5");
        assertThatThrownBy(() -> new Schedule.OneCycle(Warmup.NONE, 25, Double.NaN))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("NaN");
    }

    @Test
    void cosinesWithoutACycleAreRefused() {
        assertThatThrownBy(() -> Schedule.cosineWithRestarts(0))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("at least 1 cycle, but has 0");
        for (double bad : new double[] {0, -0.5, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> new Schedule.Cosine(Warmup.NONE, bad))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining(Double.toString(bad));
        }
    }

    @Test
    void aRatioOfAllStepsIsRoundedUp() {
        final Schedule schedule = Schedule.linear().withWarmupRatio(0.1);
        assertThat(schedule.rate(1, 11, 1)).isEqualTo(0.5);
        assertThat(schedule.rate(2, 11, 1)).isEqualTo(1);
        assertThatThrownBy(() -> Schedule.linear().withWarmupRatio(1.5)).hasMessageContaining("1.5");
        assertThatThrownBy(() -> Schedule.linear().withWarmupSteps(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> Schedule.named("linar"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("linar", "inverse_sqrt");
    }
}
