package dev.finetune.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class RecordsTest {
    private record Group(
            @Told(value = "order", byDefault = "shuffled", as = "as given")
            boolean shuffle,

            @Told(value = "order", as = "by {}") String by,

            @Told(value = "norm", zero = "none") double norm) {
        Group {
            if (norm < 0) {
                throw new IllegalStateException("norm " + norm);
            }
        }
    }

    private record All(
            @Told(value = "decay", quiet = true) double decay,

            @Told(value = "time", identifies = false) Optional<Duration> time,

            @Told(value = "dropout", byDefault = "the model's")
            OptionalDouble dropout,

            Group group,
            String untold) {}

    private static final All USUAL =
            new All(1, Optional.empty(), OptionalDouble.empty(), new Group(true, "length", 1), "a");

    @Test
    void aCopyDiffersInOneComponent() {
        assertThat(Records.with(USUAL, "decay", 0.5))
                .isEqualTo(new All(0.5, USUAL.time, USUAL.dropout, USUAL.group, "a"));
    }

    @Test
    void whatTheConstructorRefusesIsRefusedAsItSaysIt() {
        assertThatThrownBy(() -> Records.with(USUAL.group, "norm", -1.0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("norm -1.0");
        assertThatThrownBy(() -> Records.with(USUAL, "rate", 1.0)).hasMessageContainingAll("All", "rate");
    }

    @Test
    void eachToldComponentHasItsLine() {
        assertThat(SettingLines.of(USUAL, USUAL, false).toString())
                .isEqualTo("{time=none, dropout=the model's, order=shuffled, by length, norm=1}");
        final All other = new All(
                0.9, Optional.of(Duration.ofMinutes(3)), OptionalDouble.of(0), new Group(false, "length", 0), "b");
        assertThat(SettingLines.of(other, USUAL, false).toString())
                .isEqualTo("{decay=0.9, time=3 min, dropout=0, order=as given, by length, norm=none}");
        assertThat(SettingLines.of(other, USUAL, true))
                .doesNotContainKey("time")
                .hasSize(4);
    }
}
