package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LoadReportTest {
    @Test
    void theSummaryNamesEverythingThatDidNotMeet() {
        LoadReport report = new LoadReport(
                List.of("bert.a", "bert.b"),
                List.of("classifier.bias", "extra"),
                List.of("cls.predictions.bias"),
                List.of("classifier.weight", "classifier.bias"),
                List.of(new LoadReport.Mismatch("classifier.weight", new long[] {2, 8}, new long[] {3, 8})),
                "bert");
        assertThat(report.isComplete()).isFalse();
        assertThat(report.toString().lines())
                .containsExactly(
                        "Loaded 2 tensors from the checkpoint.",
                        "Newly initialized; train the model before you use it (2):",
                        "  classifier.weight",
                        "  classifier.bias",
                        "Not in the checkpoint (1):",
                        "  extra",
                        "Of another shape, so not loaded (1):",
                        "  classifier.weight: [2, 8] in the checkpoint, [3, 8] in the network",
                        "In the checkpoint and not used; as expected when it was trained for another task or has another"
                                + " head (1):",
                        "  cls.predictions.bias");
    }

    @Test
    void aCompleteLoadSaysSoInOneLine() {
        LoadReport report = new LoadReport(List.of("a"), List.of(), List.of(), List.of(), List.of(), "");
        assertThat(report.isComplete()).isTrue();
        assertThat(report.summary())
                .isEqualTo("Loaded 1 tensor from the checkpoint; nothing was missing or left over.");
    }

    @Test
    void aLongListIsCutShort() {
        List<String> many = IntStream.range(0, 25).mapToObj(i -> "t" + i).toList();
        LoadReport report = new LoadReport(List.of(), List.of(), many, List.of(), List.of(), "");
        assertThat(report.summary()).contains("t19").doesNotContain("t20").contains("... and 5 more");
    }
}
