package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers as people write them. */
class PlainNumbersTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5.0E-5 | 5e-5",
                "1.25E-4 | 1.25e-4",
                "1.05E7 | 1.05e7",
                "1.0E10 | 1e10",
                "-2.0E-6 | -2e-6",
                "3.0 | 3",
                "-3.0 | -3",
                "0.0 | 0",
                "0.002 | 0.002",
                "10.05 | 10.05",
                "betas 0.9 and 1.0, eps 1.0E-8. | betas 0.9 and 1, eps 1e-8.",
                "{a=2.0, b=1.0E-4} | {a=2, b=1e-4}",
                "scale 16.0 / rank | scale 16 / rank",
                "from 1/25.0 of the peak | from 1/25 of the peak",
            })
    void areWrittenShortly(String text, String told) {
        assertThat(PlainNumbers.in(text)).isEqualTo(told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"all-MiniLM-L6-v2.0", "/runs/2.0/x", "1.0.0", "C:\\2.0", "2.0/x", "3.0E", "libtorch-2.0"})
    void whatBelongsToANameStays(String text) {
        assertThat(PlainNumbers.in(text)).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(doubles = {5e-5, 1.0 / 3, 1e300, Double.MIN_VALUE, 123_456_789, 0.1 + 0.2, 2e-3, 1e7})
    void noDigitIsLost(double value) {
        assertThat(Double.parseDouble(PlainNumbers.of(value))).isEqualTo(value);
        assertThat(PlainNumbers.of(-value)).isEqualTo("-" + PlainNumbers.of(value));
    }

    @Test
    void timesAreToldInTheUnitsThatTheyFill() {
        assertThat(PlainNumbers.of(Duration.ofSeconds(600))).isEqualTo("10 min");
        assertThat(PlainNumbers.of(Duration.ofSeconds(90))).isEqualTo("1 min 30 s");
        assertThat(PlainNumbers.of(Duration.ofMillis(1_500))).isEqualTo("1.5 s");
        assertThat(PlainNumbers.of(Duration.ofHours(30))).isEqualTo("30 h");
        assertThat(PlainNumbers.of(Duration.ZERO)).isEqualTo("0 s");
    }
}
