package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.metrics.MetricOrder;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingHistory.End;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    private final TrialOfSettings trial = new TrialOfSettings();
    private final TimeBudget time = trial.budget(60);
    private final Comparison comparison = new Comparison(new MetricOrder("accuracy", true), () -> 100);
    private final Explanation explanation = new Explanation(comparison, time);

    private List<String> reasons(End end) {
        return explanation.reasons(
                "Data: 80 rows.",
                12,
                new TrainingHistory(List.of(), List.of(), Optional.empty(), end, Optional.empty(), 1, 1));
    }

    @Test
    void theSettingsAsTheyAreStayForNothingWasBetterByMoreThanTheMargin() {
        comparison.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        comparison.add(TrialOfSettings.tried("other", 0.81, 0.5));
        assertThat(reasons(End.FINISHED))
                .containsExactly(
                        "Data: 80 rows.",
                        "Time: 60 s were given; training on a row takes 0.0 s, so 2 settings were tried in 12.0 s.",
                        "Chosen: the settings as they are. Nothing had a better accuracy than their 0.8000 by more than"
                                + " 0.0200, half a standard error or so.");
    }

    @Test
    void whatIsBetterIsSaidWithItsReasonAndWhatItWasBetterThan() {
        comparison.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        comparison.add(TrialOfSettings.tried("lr 1", 0.9, 0.4));
        assertThat(reasons(End.FINISHED).get(2))
                .isEqualTo(
                        "Chosen: lr 1, for its accuracy of 0.9000 is the best, against 0.8000 of the settings as they"
                                + " were, and better by more than chance would have it (0.0200). Reason: to try lr 1.");
    }

    @Test
    void whatCameOfARaceIsSaidWithBothLosses() {
        comparison.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        comparison.race();
        comparison.add(TrialOfSettings.tried("lr 1", 0.9, 0.4));
        assertThat(reasons(End.FINISHED).get(2))
                .startsWith("Chosen: lr 1, for its accuracy of 0.9000 is the best. A whole training")
                .contains("to a loss of 0.5000 and 0.4000");
    }

    @Test
    void settingsThatDivergedAreNotComparedWith() {
        comparison.add(TrialOfSettings.tried("as set", Double.NaN, Double.NaN));
        comparison.add(TrialOfSettings.tried("lr 1", 0.9, 0.4));
        assertThat(reasons(End.FINISHED).get(2))
                .isEqualTo("Chosen: lr 1, for its accuracy of 0.9000 is the best. Nothing came of the settings as they"
                        + " were.");
    }

    @Test
    void whatWasCutShortIsSaid() {
        comparison.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        assertThat(reasons(End.OUT_OF_TIME)).hasSize(4).last().asString().contains("its time was up");
        trial.cancellation.cancel();
        assertThat(reasons(End.CANCELLED))
                .hasSize(5)
                .contains("It was cancelled: this is the best by then.")
                .last()
                .asString()
                .contains("it was cancelled");
        assertThat(explanation.cancelledTooEarly()).contains("as set (accuracy 0.8)");
    }

    @Test
    void whereNothingCameOfAnythingAllThatWasTriedIsNamed() {
        comparison.add(TrialOfSettings.tried("as set", Double.NaN, Double.NaN));
        comparison.add(TrialOfSettings.tried("lr 1", Double.NaN, Double.NaN));
        assertThat(explanation.nothingCameOfIt())
                .contains("as set (to try as set), lr 1 (to try lr 1)", "lower learning rate");
        trial.cancellation.cancel();
        assertThat(explanation.nothingCameOfIt()).contains("cancelled before any training came to its end");
    }
}
