package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class SquadMetricsTest {
    @Test
    void articlesCasePunctuationAndSpaceDoNotMatter() {
        final SquadMetrics metrics = new SquadMetrics();
        metrics.add("the  Eiffel Tower.", List.of("An Eiffel tower"));
        assertThat(metrics.result().get("exact_match")).isEqualTo(100);
        assertThat(metrics.result().get("f1")).isEqualTo(100);
    }

    @Test
    void theBestOfTheAcceptedAnswersCounts() {
        final SquadMetrics metrics = new SquadMetrics();
        metrics.add("in 1999", List.of("1998", "1999"));
        assertThat(metrics.result().get("exact_match")).isZero();
        assertThat(metrics.result().get("f1")).isCloseTo(200.0 / 3, within(1e-9));
    }

    @Test
    void ofAQuestionWithoutAnAnswerNothingIsRight() {
        final SquadMetrics metrics = new SquadMetrics();
        metrics.add("", List.of());
        metrics.add("The.", List.of(""));
        metrics.add("Oslo", List.of());
        metrics.add("", List.of("Oslo"));
        metrics.add("", List.of("the")); // Of which nothing is left to be found.
        metrics.add("a", List.of("The.", "Oslo"));
        assertThat(metrics.result().get("exact_match")).isEqualTo(50);
        assertThat(metrics.result().get("f1")).isEqualTo(50);
    }

    @Test
    void wordsCountAsOftenAsTheyOccur() {
        final SquadMetrics metrics = new SquadMetrics();
        metrics.add("no no no", List.of("no yes"));
        assertThat(metrics.result().get("f1")).isCloseTo(40, within(1e-9));
    }
}
