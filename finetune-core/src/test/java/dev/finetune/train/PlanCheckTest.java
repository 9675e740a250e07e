package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** A run that is too short for its settings is warned of, in numbers. */
class PlanCheckTest {
    private static final OptionalLong TEN = OptionalLong.of(10);

    private static List<String> warnings(Settings settings, Schedule schedule, long total, boolean evaluates) {
        return PlanCheck.warnings(settings.make(schedule), total, TEN, evaluates);
    }

    @Test
    void aWarmUpThatIsLongerThanTheTrainingIsToldWithTheRateThatItReaches() {
        final List<String> found = warnings(new Settings(), Schedule.linear().withWarmupSteps(1000), 2, true);
        assertThat(found).hasSize(1);
        assertThat(found.get(0)).contains("1000 warm-up steps", "training has 2 steps", "rises to 1.0E-5", "0.01");
        assertThat(warnings(new Settings(), Schedule.linear().withWarmupRatio(0.1), 1, true))
                .singleElement()
                .asString()
                .contains("warm-up ratio 0.1", "training has 1 step:", "rises to 0.0");
        assertThat(warnings(new Settings(), Schedule.linear().withWarmupSteps(9), 10, true))
                .isEmpty();
    }

    @Test
    void accumulatingMoreBatchesThanAnEpochHasIsTold() {
        final Settings settings = new Settings();
        settings.accumulation = 11;
        assertThat(warnings(settings, Schedule.linear(), 5, true))
                .singleElement()
                .asString()
                .contains("accumulate(11)", "10 batches");
        settings.accumulation = 10;
        assertThat(warnings(settings, Schedule.linear(), 5, true)).isEmpty();
    }

    @Test
    void anEarlyStoppingThatCannotStopIsTold() {
        final Settings settings = new Settings();
        settings.earlyStopping = Optional.of(new EarlyStopping("", 3, 0));
        assertThat(warnings(settings, Schedule.linear(), 30, true))
                .singleElement()
                .asString()
                .contains("patience of 3", "evaluated 3 times");
        assertThat(warnings(settings, Schedule.linear(), 31, true)).isEmpty();
        settings.evaluateEvery = 5;
        assertThat(warnings(settings, Schedule.linear(), 30, true)).isEmpty();
    }

    @Test
    void evaluationsThatNeverComeAreTold() {
        final Settings settings = new Settings();
        settings.evaluateEvery = 31;
        assertThat(warnings(settings, Schedule.linear(), 30, true))
                .singleElement()
                .asString()
                .contains("everySteps(31)", "30 steps", "once, at the end");
        assertThat(warnings(settings, Schedule.linear(), 60, false))
                .singleElement()
                .asString()
                .contains("everySteps(31)", "no data to evaluate on");
    }

    @Test
    void ofAStreamWhoseLengthIsNotKnownOnlyTheWarmUpIsTold() {
        final Settings settings = new Settings();
        settings.accumulation = 1000;
        settings.earlyStopping = Optional.of(new EarlyStopping("", 3, 0));
        final Schedule schedule = Schedule.linear().withWarmupSteps(50);
        assertThat(PlanCheck.warnings(settings.make(schedule), 40, OptionalLong.empty(), true))
                .singleElement()
                .asString()
                .contains("50 warm-up steps");
    }
}
