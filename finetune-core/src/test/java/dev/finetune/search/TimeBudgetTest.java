package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TimeBudgetTest {
    private final TrialOfSettings trial = new TrialOfSettings();
    private final TimeBudget budget = trial.budget(100);

    /** A training of steps on 10 rows each that take so many seconds, with an evaluation, if it takes any. */
    private Meter trained(int steps, double secondsOfStep, double secondsOfEvaluation) {
        final Meter meter = trial.meter();
        meter.started(new TrainingListener.Plan(10L * steps, 0, steps, 1, 1, "accuracy"));
        for (int step = 0; step < steps; step++) {
            trial.pass(secondsOfStep);
            meter.stepped(new StepReport(step + 1, 0, 1, 1, 1, 10));
        }
        trial.pass(secondsOfEvaluation);
        meter.evaluated(new EpochReport(1, steps, 1, Optional.empty(), 1, 1));
        meter.finished(new TrainingHistory(
                List.of(), List.of(), Optional.empty(), TrainingHistory.End.FINISHED, Optional.empty(), steps, steps));
        return meter;
    }

    @Test
    void timePassesAndIsSharedOut() {
        trial.pass(40);
        assertThat(budget.given()).isEqualTo(100);
        assertThat(budget.passed()).isEqualTo(40);
        assertThat(budget.left()).isEqualTo(60);
        assertThat(budget.share(3)).isEqualTo(Duration.ofSeconds(20));
        trial.pass(100);
        assertThat(budget.left()).isEqualTo(-40);
        assertThat(budget.share(3))
                .as("never none: a training's time is above 0")
                .isEqualTo(Duration.ofMillis(1));
    }

    @Test
    void nothingIsLeftOfItOnceItIsCancelled() {
        trial.cancellation.cancel();
        assertThat(budget.isCancelled()).isTrue();
        assertThat(budget.left()).isZero();
        assertThat(budget.rowsLeft(0)).isNaN();
    }

    @Test
    void theQuickestTrainingSaysWhatARowTakesForTheFirstIsSlow() {
        assertThat(budget.knowsRow()).isFalse();
        budget.learn(trained(2, 4, 0), 11, 1);
        assertThat(budget.secondsPerRow()).isEqualTo(0.4);
        assertThat(budget.seconds(2, 10)).as("3 seconds beside each").isEqualTo(2 * 3 + 10 * 0.4);
        budget.learn(trained(2, 1, 0), 4, 2);
        assertThat(budget.seconds(2, 10)).isEqualTo(2 * 1 + 10 * 0.1);
        budget.learn(trained(2, 8, 0), 30, 1);
        assertThat(budget.seconds(2, 10)).isEqualTo(2 * 1 + 10 * 0.1);
    }

    @Test
    void aTrainingWithoutAStepTeachesNothing() {
        budget.learn(trained(0, 0, 0), 5, 1);
        assertThat(budget.knowsRow()).isFalse();
        budget.learn(trained(2, 4, 0), 8, 1);
        assertThat(budget.secondsPerRow()).isEqualTo(0.4);
    }

    @Test
    void aProbeSaysWhatARowTakesUntilATrainingDoes() {
        budget.learnFromProbe(trained(3, 2, 6));
        assertThat(budget.secondsPerRow()).as("its evaluation left out").isEqualTo(0.2);
        budget.learn(trained(2, 5, 0), 10, 1);
        assertThat(budget.secondsPerRow()).isEqualTo(0.5);
    }

    @Test
    void aTenthOfTheTimeThatIsLeftIsNotPlannedWith() {
        budget.learn(trained(2, 1, 0), 4, 1); // 2 seconds, 2 beside; 98 are left
        assertThat(budget.rowsLeft(4)).isEqualTo(0.9 * (98 - 8) / 0.1);
    }

    @Test
    void evaluationsOnTheWayTakeTheirPartOfWhatIsLeft() {
        final Meter measured = trained(2, 1, 4); // 6 seconds; 94 are left
        budget.learn(measured, 6, 1);
        assertThat(budget.rowsLeft(measured, 40)).isEqualTo(0.9 * (94 - 4) / (0.1 + 4.0 / 40));
    }
}
