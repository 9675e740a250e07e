package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FinetuneException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void stepsBeforeTheFirstHaveNoRate() {
        for (String name : Schedule.NAMES) {
            for (Schedule schedule :
                    List.of(Schedule.named(name), Schedule.named(name).withWarmupSteps(5))) {
                assertThatThrownBy(() -> schedule.rate(-1, 10, 1e-3))
                        .as(name)
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContainingAll("counted from 0", "-1");
            }
        }
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
    void aConstantRateHasNoWarmUpAsInTransformers() {
        final Schedule constant = Schedule.named("constant").withWarmupSteps(10).withWarmupRatio(0.5);
        assertThat(constant.rate(0, 100, 1e-3)).isEqualTo(1e-3);
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
                    final Schedule schedule = Schedule.named(name).withWarmupSteps(warmup);
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
