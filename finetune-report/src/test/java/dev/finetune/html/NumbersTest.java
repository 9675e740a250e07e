package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.html.PrecisionRecall.Scored;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What pages say in numbers, against values that are known. */
class NumbersTest {
    @Test
    void sharesHaveWilsonsInterval() {
        // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        assertThat(Told.share(81, 263)).isEqualTo("30.8 % (25.5 to 36.6)");
        assertThat(Told.share(15, 148)).isEqualTo("10.1 % (6.2 to 16.0)");
        assertThat(Told.share(0, 20)).isEqualTo("0.0 % (0.0 to 16.1)");
        assertThat(Told.share(1, 29)).isEqualTo("3.4 % (0.6 to 17.2)");
        assertThat(Told.share(0, 0)).isEqualTo("none");
    }

    @Test
    void averagePrecisionIsThatOfScikitLearn() {
        final PrecisionRecall curve = PrecisionRecall.of(
                "a",
                List.of(new Scored(0.1, false), new Scored(0.4, false), new Scored(0.35, true), new Scored(0.8, true)));
        assertThat(curve.average()).isCloseTo(0.8333333333, within(1e-9));
        assertThat(curve.recall()).containsExactly(0.5, 0.5, 1.0);
        final PrecisionRecall tied = PrecisionRecall.of("a", List.of(new Scored(0.5, true), new Scored(0.5, false)));
        assertThat(tied.average()).isEqualTo(0.5);
        assertThat(tied.recall()).containsExactly(1.0);
        assertThat(PrecisionRecall.of("a", List.of(new Scored(0.5, false))).average())
                .isNaN();
    }

    @Test
    void thePairedTestIsExact() {
        assertThat(new PairedTest(20, 1, 9).p()).isCloseTo(22 / 1024.0, within(1e-12));
        assertThat(new PairedTest(20, 5, 5).p()).isEqualTo(1);
        assertThat(new PairedTest(20, 0, 0).p()).isEqualTo(1);
        assertThat(new PairedTest(9_000, 2_000, 2_400).p()).isBetween(1e-10, 1e-8);
    }

    @Test
    void numbersAreToldInAsManyDigitsAsMatter() {
        assertThat(List.of(
                        Told.number(0),
                        Told.number(1234),
                        Told.number(0.123456),
                        Told.number(12.3456),
                        Told.number(1e-5),
                        Told.number(3.2e10),
                        Told.number(1.5e-4),
                        Told.number(1.23e20),
                        Told.number(Double.NaN),
                        Told.number(Double.NEGATIVE_INFINITY)))
                .containsExactly(
                        "0",
                        "1,234",
                        "0.1235",
                        "12.35",
                        "1e-5",
                        "3.2e10",
                        "1.5e-4",
                        "1.23e20",
                        "not a number",
                        "minus infinite");
        assertThat(Told.seconds(0.44)).isEqualTo("0.4 s");
        assertThat(Told.seconds(75)).isEqualTo("1 min 15 s");
        assertThat(Told.shortly("1.000e-05")).isEqualTo("1e-5");
        assertThat(Told.shortly("1.250e-10")).isEqualTo("1.25e-10");
        assertThat(Told.shortly("0.001200")).isEqualTo("0.0012");
        assertThat(Told.shortly("0.5000")).isEqualTo("0.5");
        assertThat(Told.shortly("1.0E-5")).isEqualTo("1e-5");
        assertThat(Told.shortly("20")).isEqualTo("20");
        assertThat(Told.seconds(600)).isEqualTo("10 min");
        assertThat(Told.seconds(3_720)).isEqualTo("1 h 02 min");
        assertThat(Told.seconds(7_210)).isEqualTo("2 h");
    }
}
