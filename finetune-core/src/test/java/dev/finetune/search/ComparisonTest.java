package dev.finetune.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.metrics.MetricOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private final Comparison accuracy = new Comparison(new MetricOrder("accuracy", true), () -> 100);

    @Test
    void whatIsBetterByLessThanHalfAStandardErrorIsNotChosen() {
        assertThat(accuracy.add(TrialOfSettings.tried("as set", 0.8, 0.5))).isTrue();
        assertThat(accuracy.margin()).isCloseTo(0.02, within(1e-12)); // sqrt(0.8 * 0.2 / 100) / 2
        assertThat(accuracy.add(TrialOfSettings.tried("by chance", 0.815, 0.1))).isFalse();
        assertThat(accuracy.best().attempt().name()).isEqualTo("as set");
        assertThat(accuracy.add(TrialOfSettings.tried("better", 0.825, 0.9))).isTrue();
        assertThat(accuracy.best().attempt().name()).isEqualTo("better");
    }

    @Test
    void ofTwoThatAreBetterTheSecondNeedsNoMarginAboveTheFirst() {
        accuracy.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        accuracy.add(TrialOfSettings.tried("better", 0.85, 0.4));
        assertThat(accuracy.add(TrialOfSettings.tried("a little better still", 0.851, 0.4)))
                .isTrue();
        assertThat(accuracy.add(TrialOfSettings.tried("the same at a lower loss", 0.851, 0.3)))
                .isTrue();
        assertThat(accuracy.add(TrialOfSettings.tried("the same at a higher loss", 0.851, 0.6)))
                .isFalse();
    }

    @Test
    void aMetricThatIsToBeSmallHasAHundredthOfItselfAsMargin() {
        final Comparison loss = new Comparison(new MetricOrder("loss", false), () -> 100);
        loss.add(TrialOfSettings.tried("as set", 0.5, 0.5));
        assertThat(loss.margin()).isEqualTo(0.005);
        assertThat(loss.add(TrialOfSettings.tried("worse", 0.6, 0.6))).isFalse();
        assertThat(loss.add(TrialOfSettings.tried("by chance", 0.496, 0.496))).isFalse();
        assertThat(loss.add(TrialOfSettings.tried("better", 0.49, 0.49))).isTrue();
    }

    @Test
    void whatDivergedIsWorseThanAllThatDidNot() {
        accuracy.add(TrialOfSettings.tried("as set", Double.NaN, Double.NaN));
        assertThat(accuracy.add(TrialOfSettings.tried("diverged too", Double.NaN, Double.NaN)))
                .isFalse();
        assertThat(accuracy.add(TrialOfSettings.tried("poor", 0.1, 3))).isTrue();
        assertThat(accuracy.add(TrialOfSettings.tried("diverged", Double.NaN, Double.NaN)))
                .isFalse();
        assertThat(accuracy.best().attempt().name()).isEqualTo("poor");
    }

    @Test
    void inARaceNothingFavoursTheSettingsAsTheyAre() {
        accuracy.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        accuracy.race();
        assertThat(accuracy.add(TrialOfSettings.tried("a little better", 0.801, 0.5)))
                .isTrue();
    }

    @Test
    void theSearchSeesWhatItProposedTheBestFirst() {
        accuracy.add(TrialOfSettings.tried("as set", 0.8, 0.5));
        accuracy.add(TrialOfSettings.tried("worse", 0.2, 0.5, 0.1, 0.2));
        accuracy.add(TrialOfSettings.tried("better", 0.9, 0.5, 0.3, 0.4));
        assertThat(accuracy.places()).containsExactly(List.of(0.3, 0.4), List.of(0.1, 0.2));
        assertThat(accuracy.attempts())
                .extracting(AutoResult.Attempt::name)
                .containsExactly("as set", "worse", "better");
    }
}
