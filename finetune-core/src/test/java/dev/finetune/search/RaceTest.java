package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuner;
import dev.finetune.metrics.MetricOrder;
import dev.finetune.search.AutoResult.Attempt;
import dev.finetune.search.Candidates.Candidate;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The race of settings, by a clock on which a row takes a tenth of a second, and without a training. */
class RaceTest {
    private static final int ROWS = 100;
    private static final int BATCH = 8;
    private static final double SET = 5e-5;

    private final TrialOfSettings trial = new TrialOfSettings();
    private final Comparison comparison = new Comparison(new MetricOrder("accuracy", true), () -> 50);
    private final List<Duration> limits = new ArrayList<>();
    private double bestRate = 1e-3;
    private int cancelled = -1;

    /** The nearer to the best rate, the lower the loss. */
    private final Race.Entrants entrants = new Race.Entrants() {
        @Override
        public Tried enter(Candidate candidate) {
            return enter(candidate, Duration.ofDays(1));
        }

        @Override
        public Tried enter(Candidate candidate, Duration longest) {
            limits.add(longest);
            final Meter meter = trial.meter();
            meter.started(new TrainingListener.Plan(ROWS, 0, 1, 1, 1, "accuracy"));
            trial.pass(candidate.cost() / 10);
            meter.stepped(new StepReport(1, 0, 1, 1, 1, (int) Math.round(candidate.cost())));
            final double loss = Math.abs(Math.log(candidate.tuner().settings().learningRate() / bestRate));
            if (comparison.size() == cancelled) {
                trial.cancellation.cancel();
            }
            final Tried one = new Tried(
                    new Attempt(candidate.name(), candidate.reason(), 1 / (1 + loss), loss, candidate.cost() / 10),
                    candidate,
                    List.of(),
                    List.of(),
                    1,
                    meter);
            comparison.add(one);
            return one;
        }
    };

    private boolean run(int seconds, double suggested, int rows) {
        final TimeBudget time = trial.budget(seconds);
        final Meter probe = trial.meter();
        probe.started(new TrainingListener.Plan(ROWS, 0, 1, 1, 1, "accuracy"));
        trial.pass(1);
        probe.stepped(new StepReport(1, 0, 1, 1, 1, 10));
        time.learnFromProbe(probe);
        final FineTuner tuner = FineTuner.from("model").lr(SET).epochs(20).batchSize(BATCH);
        return new Race(time, new Candidates(tuner, rows, 12, suggested), comparison, entrants)
                .run(Race.rows(time), rows, BATCH);
    }

    private List<String> names() {
        return comparison.attempts().stream().map(Attempt::name).toList();
    }

    @Test
    void bothLearnForATenthOfTheTimeAndTheOneWithTheLowerLossHasTheRest() {
        assertThat(run(101, 1e-3, ROWS)).isTrue();
        assertThat(names())
                .containsExactly(
                        "as set, 1.00 epochs", "lr 1.0e-03, 1 epochs", "lr 1.0e-03, 7.20 epochs"); // 0.9 * 80 s
        assertThat(limits.get(0)).as("twice its share").isEqualTo(Duration.ofSeconds(20));
        assertThat(limits.get(1)).isEqualTo(limits.get(0));
    }

    @Test
    void theSettingsAsTheyAreHaveTheRestWhereTheyLearnBetter() {
        bestRate = SET;
        assertThat(run(101, 1e-3, ROWS)).isTrue();
        assertThat(names()).containsExactly("as set, 1.00 epochs", "lr 1.0e-03, 1 epochs", "as set, 7.20 epochs");
        assertThat(comparison.best().attempt().name()).startsWith("as set");
    }

    @Test
    void whereThereIsNoTimeForTwoPassesTheHeadAloneIsTriedToo() {
        assertThat(run(101, 1e-3, 10 * ROWS)).isTrue();
        assertThat(names()).hasSize(4);
        assertThat(names().get(2)).startsWith("head only");
    }

    @Test
    void nothingIsRunWhereTheRangeTestFoundNoOtherRateOrATenthIsTooShort() {
        assertThat(run(101, SET, ROWS)).isFalse();
        assertThat(run(70, 1e-3, ROWS)).as("68 rows, 80 are 10 steps").isFalse();
        assertThat(names()).isEmpty();
    }

    @Test
    void itEndsWhereItIsCancelledAndWasNoRaceYet() {
        cancelled = 0;
        assertThat(run(101, 1e-3, ROWS)).isTrue();
        assertThat(names()).hasSize(1);
        assertThat(comparison.isRace()).isFalse();
    }
}
