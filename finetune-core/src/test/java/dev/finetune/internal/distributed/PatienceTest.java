package dev.finetune.internal.distributed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PatienceTest {
    private static final long START = Long.MAX_VALUE - 7; // As System.nanoTime may begin anywhere.

    @Test
    void forWhomAProcessWaitsIsToldAfterFiveSecondsAndThenEachMinute() {
        final List<String> said = new ArrayList<>();
        final long[] now = {START};
        final Patience patience = new Patience(said::add, () -> now[0]);
        for (int second = 0; second <= 130; second++) {
            now[0] = START + TimeUnit.SECONDS.toNanos(second);
            final int missing = 130 - second;
            patience.tell("Process 0", () -> missing + " others");
        }
        assertThat(said)
                .containsExactly(
                        "Process 0 has waited for 5 s for 125 others",
                        "Process 0 has waited for 65 s for 65 others",
                        "Process 0 has waited for 125 s for 5 others");
    }
}
