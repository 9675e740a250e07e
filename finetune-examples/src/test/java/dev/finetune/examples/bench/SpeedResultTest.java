package dev.finetune.examples.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpeedResultTest {
    @Test
    void theRatioOfARowIsTheMedianOfItsPairsAndNotThatOfMedians() {
        final SpeedRow row = row(1.5, false);
        final SpeedResult result = new SpeedResult(List.of(pair(10, 5, 90), pair(4, 4, 80), pair(9, 3, 70)));
        assertThat(result.line(row))
                .isEqualTo("| work | 9.00 samples/s | 4.00 samples/s | 2.00 | 1.50 | met | 80 MB | 100 MB | 0.80 |");
        assertThat(result.json(row).get("ratio").getAsDouble()).isEqualTo(2);
    }

    @Test
    void aRowBelowItsBarSaysByHowMuch() {
        assertThat(new SpeedResult(List.of(pair(10, 8, 100))).line(row(1.5, false)))
                .contains("| 1.25 | 1.50 | short by 0.25 |");
    }

    @Test
    void wholeJobsAreComparedByTheirSeconds() {
        final SpeedResult.Pair pair = new SpeedResult.Pair(measured(1, 50, 4), Optional.of(measured(1, 100, 10)));
        assertThat(new SpeedResult(List.of(pair)).line(row(2, true)))
                .contains("| 4.0 s | 10.0 s | 2.50 | 2.00 | met |");
    }

    @Test
    void withoutAPeerOursStandAlone() {
        assertThat(new SpeedResult(List.of(new SpeedResult.Pair(measured(7, 50, 1), Optional.empty())))
                        .line(row(2, false)))
                .isEqualTo("| work | 7.00 samples/s | | | 2.00 | | 50 MB | | |");
    }

    private static SpeedRow row(double bar, boolean wholeProcess) {
        return new SpeedRow("work", bar, wholeProcess, "text", List.of(), "peer.py", List.of(List.of()));
    }

    private static SpeedResult.Pair pair(double ours, double peer, double memory) {
        return new SpeedResult.Pair(measured(ours, memory, 1), Optional.of(measured(peer, 100, 1)));
    }

    private static Job.Measured measured(double samples, double memory, double seconds) {
        final JsonObject json = new JsonObject();
        json.addProperty("samples_per_s", samples);
        json.addProperty("peak_rss_mb", memory);
        return new Job.Measured(json, seconds);
    }
}
