package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IntervalTest {
    /** SciPy 1.17's binomtest(right, of).proportion_ci(0.95, "wilson"). */
    @ParameterizedTest
    @CsvSource({
        "9, 10, 0.5958499732047615, 0.9821237869049271",
        "0, 3, 0, 0.5614970317550454",
        "3, 3, 0.4385029682449546, 1",
        "87, 120, 0.6390703417242319, 0.7969710333873515"
    })
    void theIntervalIsWilsons(long right, long of, double low, double high) {
        final Interval interval = Interval.wilson(right, of);
        assertThat(interval.low()).isCloseTo(low, within(1e-14));
        assertThat(interval.high()).isCloseTo(high, within(1e-14));
    }

    private static Metrics accuracy(int right, int of) {
        final ClassificationMetrics metrics = new ClassificationMetrics(List.of("no", "yes"));
        for (int i = 0; i < of; i++) {
            metrics.add(i % 2, i < right == (i % 2 == 0) ? new double[] {0.9, 0.1} : new double[] {0.1, 0.9});
        }
        return metrics.result().with("loss", 1);
    }

    @Test
    void sharesOfFewRowsAreShownWithTheirInterval() {
        final Metrics few = accuracy(9, 10);
        assertThat(few.get("accuracy")).isEqualTo(0.9);
        assertThat(few.interval("accuracy")).contains(Interval.wilson(9, 10));
        assertThat(few.toString())
                .contains("accuracy             0.9000 (95 % interval 0.5958 to 0.9821, Wilson, 10 rows)");
        assertThat(few.toJson().getAsJsonObject("intervals").getAsJsonArray("accuracy"))
                .hasSize(2);
        assertThat(few.interval("f1")).isEmpty();
    }

    @Test
    void sharesOfManyRowsStandAlone() {
        final Metrics many = accuracy(300, 400);
        assertThat(many.interval("accuracy")).isPresent();
        assertThat(many.toString()).doesNotContain("interval");
        assertThat(many.toJson().has("intervals")).isFalse();
    }

    @Test
    void exactMatchesAreInPercent() {
        final SquadMetrics metrics = new SquadMetrics();
        metrics.add("a cat", List.of("cat"));
        metrics.add("a dog", List.of("cat"));
        assertThat(metrics.result().interval("exact_match"))
                .contains(Interval.wilson(1, 2).times(100));
    }

    @Test
    void nothingHasNoInterval() {
        assertThat(new ClassificationMetrics(List.of("no", "yes")).result().interval("accuracy"))
                .isEmpty();
    }
}
