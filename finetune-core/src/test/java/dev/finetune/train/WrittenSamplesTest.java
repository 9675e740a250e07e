package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.metrics.Metrics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class WrittenSamplesTest {
    @Test
    void aTerminalIsShownWhatModelsWroteAndObeysNoneOfIt() {
        final WrittenSamples samples = new WrittenSamples(
                "greedy",
                List.of(new WrittenSamples.Row(3, "late\u001B[2J", "two\nlines", "", Optional.of(" \n"))),
                new Metrics(Map.of()),
                Optional.empty());
        assertThat(samples).hasToString("""
                validation row 3
                  prompt  late\\u001B[2J
                  data    two
                          lines
                  before  (nothing)
                  after   (white space alone)
                """);
    }
}
