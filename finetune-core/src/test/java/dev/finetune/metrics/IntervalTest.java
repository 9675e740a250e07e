package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
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

    /** Scores of a normal distribution, shifted for the positive rows, whose AUROC is Phi(shift / sqrt(2)). */
    @ParameterizedTest
    @CsvSource({"0.8, 8, 12, 0.7141961775233342", "1.5, 10, 30, 0.8555778168267576", "2.2, 6, 6, 0.9401025347870409"})
    void theIntervalOfAurocHoldsTheTrueValueAboutNineteenTimesOfTwenty(
            double shift, int positive, int negative, double truth) {
        final Random random = new Random(3);
        final int samples = 2000;
        int held = 0;
        for (int sample = 0; sample < samples; sample++) {
            final double[] ones = DoubleStream.generate(() -> shift + random.nextGaussian())
                    .limit(positive)
                    .toArray();
            final double[] zeros =
                    DoubleStream.generate(random::nextGaussian).limit(negative).toArray();
            final long larger = Arrays.stream(ones)
                    .mapToLong(one ->
                            Arrays.stream(zeros).filter(zero -> one > zero).count())
                    .sum();
            final Interval interval = Interval.auroc((double) larger / (positive * negative), positive, negative);
            held += interval.low() <= truth && truth <= interval.high() ? 1 : 0;
        }
        assertThat((double) held / samples).isBetween(0.93, 0.98);
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
        assertThat(few.interval("mcc")).isEmpty();
    }

    /** Half the rows are of the second class; 9 of 10 right means 4 of its 5 found, and none taken for it wrongly. */
    @Test
    void ofTwoClassesTheSecondsScoresHaveIntervalsToo() {
        final Metrics few = accuracy(9, 10);
        assertThat(few.interval("precision")).isPresent();
        assertThat(few.interval("recall")).isPresent();
        assertThat(few.interval("f1").orElseThrow()).satisfies(interval -> {
            assertThat(interval.low()).isLessThan(few.get("f1"));
            assertThat(interval.high()).isGreaterThan(few.get("f1"));
        });
        assertThat(few.interval("auroc").orElseThrow().method()).isEqualTo("Newcombe");
    }

    @Test
    void ofOneClassAlonesTheAurocHasNone() {
        final ClassificationMetrics metrics = new ClassificationMetrics(List.of("no", "yes"));
        metrics.add(0, new double[] {0.9, 0.1});
        assertThat(metrics.result().interval("auroc")).isEmpty();
        assertThat(metrics.result().interval("f1")).isEmpty();
        assertThat(metrics.result().interval("recall")).isEmpty();
    }

    /** 2 j / (1 + j) of the ends of SciPy's Wilson interval of j = 9/10 and 0/3. */
    @ParameterizedTest
    @CsvSource({"9, 10, 0.7467493601647086, 0.9909812832007902", "0, 3, 0, 0.719177840669925"})
    void theIntervalOfF1IsThatOfTheShareThatItIsMadeOf(long right, long of, double low, double high) {
        final Interval interval = Interval.f1(right, of);
        assertThat(interval.low()).isCloseTo(low, within(1e-9));
        assertThat(interval.high()).isCloseTo(high, within(1e-9));
    }

    /** The roots of Newcombe's equation by SciPy 1.17's brentq. */
    @ParameterizedTest
    @CsvSource({
        "0.75, 10, 20, 0.5276564701191552, 0.8835614517634814",
        "1, 5, 5, 0.6427028239310432, 1",
        "0.9, 50, 100, 0.8298907876067714, 0.9416030834188434",
        "0.5, 1, 1, 0.05462075552885197, 0.9453792444711481",
        "0, 3, 4, 0, 0.4603083328032729"
    })
    void theIntervalOfAurocIsNewcombes(double value, long positive, long negative, double low, double high) {
        final Interval interval = Interval.auroc(value, positive, negative);
        assertThat(interval.low()).isCloseTo(low, within(1e-9));
        assertThat(interval.high()).isCloseTo(high, within(1e-9));
        assertThat(interval.of()).isEqualTo(positive + negative);
    }

    @Test
    void sharesOfManyRowsStandAlone() {
        final Metrics many = accuracy(600, 800);
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

    /** Newcombe, 1998, table II, contrasts (a) and (h), method 10. */
    @Test
    void theDifferenceOfTwoSharesIsThatOfNewcombesTenthMethod() {
        final Interval first = Interval.ofDifference(56, 70, 48, 80);
        assertThat(first.low()).isCloseTo(0.0524, within(5e-5));
        assertThat(first.high()).isCloseTo(0.3339, within(5e-5));
        final Interval all = Interval.ofDifference(10, 10, 0, 10);
        assertThat(all.low()).isCloseTo(0.6075, within(5e-5));
        assertThat(all.high()).isCloseTo(1, within(1e-12));
        assertThatThrownBy(() -> Interval.ofDifference(1, 0, 1, 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("1 of 0");
    }
}
