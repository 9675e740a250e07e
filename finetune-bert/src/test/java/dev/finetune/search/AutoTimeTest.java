package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuner;
import dev.finetune.bert.job.Jobs;
import dev.finetune.data.Text;
import dev.finetune.train.Cancellation;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * What automatic tuning does with a time, by a clock on which a step of training takes a second, one of the head alone a
 * thirtieth, and nothing else any.
 */
class AutoTimeTest {
    private static final int BATCH = 16;

    private long now;
    private final TrainingListener ticking = new TrainingListener() {
        private long step;

        @Override
        public void started(Plan plan) {
            step = plan.trainedParameters() > plan.parameters() / 10 ? 1_000_000_000L : 33_000_000L;
        }

        @Override
        public void stepped(StepReport report) {
            now += step;
        }
    };

    private AutoResult<Text> auto(FineTuner tuner, int steps, double epochs, int seconds) {
        return AutoRun.fit(
                tuner.lr(5e-5).batchSize(BATCH).epochs(epochs).listener(ticking),
                Jobs.data(BATCH * steps, 7),
                Jobs.data(40, 8),
                new TimeBudget(Duration.ofSeconds(seconds), new Cancellation(), () -> now));
    }

    @Test
    void whereOneTrainingTakesMostOfTheTimeTheSettingsRaceWithAnotherRateAndTheWinnerHasTheRest() {
        try (AutoResult<Text> result = auto(Jobs.classifier(), 20, 12, 260)) {
            assertThat(result.attempts()).as(result.explanation()).hasSize(3);
            final AutoResult.Attempt asSet = result.attempts().get(0);
            final AutoResult.Attempt other = result.attempts().get(1);
            assertThat(asSet.name()).startsWith("as set, 1.2").endsWith(" epochs");
            assertThat(other.name()).startsWith("lr ");
            assertThat(asSet.seconds()).isBetween(20.0, 27.0);
            assertThat(other.seconds()).isBetween(20.0, 27.0);
            assertThat(other.loss()).isLessThan(asSet.loss());
            final AutoResult.Attempt last = result.attempts().get(2);
            assertThat(last.seconds()).isBetween(170.0, 190.0);
            assertThat(result.chosen()).isEqualTo(last);
            assertThat(result.tuner().settings().learningRate()).isGreaterThan(1e-4);
            assertThat(now / 1e9).as("seconds in all").isBetween(200.0, 260.0);
            assertThat(result.explanation()).contains("would have taken most of the time", "(chosen)");
        }
    }

    @Test
    void settingsThatStopEarlyRaceAsWell() {
        try (AutoResult<Text> result = auto(Jobs.classifier().earlyStopping(3), 20, 12, 260)) {
            assertThat(result.attempts().get(0).name()).startsWith("as set, ");
        }
    }

    @Test
    void whereThereIsNotTimeForTwoPassesTheHeadAloneIsTriedToo() {
        try (AutoResult<Text> result = auto(Jobs.classifier(), 100, 3, 280)) {
            assertThat(result.attempts())
                    .extracting(AutoResult.Attempt::name)
                    .anyMatch(name -> name.startsWith("head"));
            assertThat(result.attempts()).as(result.explanation()).hasSize(4);
        }
    }

    @Test
    void whereThereIsTimeForSeveralTheSettingsAreTriedWhole() {
        try (AutoResult<Text> result = auto(Jobs.classifier(), 20, 2, 400)) {
            assertThat(result.attempts().get(0).name()).isEqualTo("as set");
            assertThat(result.attempts().get(0).seconds()).isEqualTo(40);
            assertThat(result.attempts()).as(result.explanation()).hasSizeGreaterThan(2);
            assertThat(now / 1e9).as("seconds in all").isBetween(150.0, 412.0);
        }
    }
}
