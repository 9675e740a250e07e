package dev.finetune.lm.seq2seq;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TokenTotals;
import dev.finetune.generate.Generation;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.train.DeviceChoice;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Texts that an encoder with a decoder doesn't read to their end are told of, and counted. */
class LongSourcesTest {
    private static final String LONG = "great sound ".repeat(20).strip();

    private static FineTuner tuner() {
        final Head.Seq2SeqLm head = Heads.seq2SeqLm();
        return FineTuner.from(Seq2SeqCases.model("t5-summarization"))
                .head(head.withMaxTarget(8))
                .maxLength(12)
                .device(DeviceChoice.CPU);
    }

    private static String errors(Runnable action) {
        final PrintStream before = System.err;
        final ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            action.run();
        } finally {
            System.setErr(before);
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsCutOffBeforeItIsWrittenForIsWarnedOf() {
        try (FineTuned<Text> model = tuner().untrained(Text.class)) {
            final Generation few = Generation.greedy().maxNewTokens(2);
            assertThat(errors(() -> model.generate(Text.of("great sound"), few))).isEmpty();
            assertThat(errors(() -> model.generate(Text.of(LONG + " one"), few)))
                    .contains("tokens is read up to the maximum length of 12", "great sound great");
            assertThat(errors(() -> model.generate(List.of(Text.of("great"), Text.of(LONG + " two")), few)))
                    .contains("the maximum length of 12");
            assertThat(errors(() -> model.generate(Text.of(LONG + " three"), few, piece -> {})))
                    .contains("the maximum length of 12");
        }
    }

    @Test
    void tokensOfBothTextsAreCounted() {
        final DataReport report = tuner().check(Dataset.of(
                Text.class,
                List.of(
                        new Example<>(Text.of("great sound"), Label.completion("great")),
                        new Example<>(Text.of(LONG), Label.completion("great")),
                        new Example<>(Text.of("great"), Label.completion(LONG)))));
        final TokenTotals tokens = report.parts().get(0).tokens().orElseThrow();
        assertThat(tokens.truncated()).isEqualTo(2);
        assertThat(tokens.longest()).isGreaterThan(40);
        assertThat(tokens.rows().orElseThrow().longest()).isEqualTo(20);
        final long great = tokens.labelled() - 8;
        assertThat(great).as("two short targets and one cut off at 8").isPositive().isEven();
        assertThat(tokens.rows().orElseThrow().tokens())
                .isEqualTo(tokens.shortest() + 12 + great / 2 + (great / 2 + 8));
        assertThat(report.issues().stream()
                        .filter(issue -> issue.code() == Finding.Code.TRUNCATED)
                        .flatMap(issue -> issue.cases().stream())
                        .flatMap(each -> each.rows().stream()))
                .containsExactly(new DataReport.Place("train", 2), new DataReport.Place("train", 3));
    }
}
