package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import dev.finetune.record.FitRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands write for people to look at. */
class ReportCommandsTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void makeModelsAndFiles() throws IOException {
        StandIns.fill(folder);
    }

    private static CommandLineRun text(String... options) {
        final List<String> all = new ArrayList<>(List.of(
                "text",
                "--model",
                StandIns.base(folder).toString(),
                "--train",
                folder.resolve("train.tsv").toString(),
                "--max-length",
                "32",
                "--max-steps",
                "2"));
        all.addAll(List.of(options));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    @Test
    void aReportLiesBesideTheModelAndFitsAreCompared() throws IOException {
        final Path one = folder.resolve("one");
        final Path two = folder.resolve("two");
        assertThat(text("--out", one.toString()).well().text())
                .contains("the report is in " + one.resolve("report.html"));
        text("--out", one.toString(), "--lr", "1e-3").well();
        text("--out", two.toString()).well();
        assertThat(Files.readString(one.resolve("report.html"))).contains("learning rate", "0.001");
        assertThat(Files.readString(one.resolve("report.html")))
                .as("advice names options, which are what its reader knows")
                .contains("What to try next", "More validation rows: smaller differences")
                .doesNotContain("crossValidate(");
        assertThat(Files.readString(one.resolve("report.json")))
                .as("what may be published names no folder")
                .contains("train.tsv")
                .doesNotContain(folder.toString());
        assertThat(FitRecord.read(one).settings())
                .isNotEqualTo(FitRecord.read(two).settings());
        try (FineTuned<Text> loaded = FineTuned.load(one, Text.class)) {
            assertThat(loaded.labels()).containsExactly("negative", "positive");
        }

        final Path page = folder.resolve("comparison.html");
        CommandLineRun.of("compare", one.toString(), two.toString(), "--report", page.toString())
                .well();
        assertThat(Files.readString(page)).contains("Comparison of 2 fits", "Paired test");
        final CommandLineRun elsewhere =
                CommandLineRun.of("compare", one.toString(), two.toString(), "--out", page.toString());
        assertThat(elsewhere.status()).isEqualTo(2);
        assertThat(elsewhere.errors()).contains("Unknown option: '--out'").doesNotContain("positional");
        final CommandLineRun alone = CommandLineRun.of("compare", one.toString());
        assertThat(alone.status()).isEqualTo(2);
        assertThat(alone.errors()).contains("name two directories at least");
        final CommandLineRun twice = CommandLineRun.of("compare", one.toString(), one.toString());
        assertThat(twice.status()).isEqualTo(2);
        assertThat(twice.errors()).contains("is named twice");
        final CommandLineRun none = CommandLineRun.of("compare", one.toString(), folder.toString());
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.errors()).contains(folder.resolve("report.json") + " isn't there");
    }

    @Test
    void aReportIsWrittenElsewhereOrNotAtAll() {
        final Path out = folder.resolve("quiet");
        text("--out", out.toString(), "--no-report").well();
        assertThat(out.resolve("config.json")).exists();
        assertThat(out.resolve("report.html")).doesNotExist();
        final Path page = folder.resolve("elsewhere.html");
        text("--report", page.toString()).well();
        assertThat(page).exists();
        final CommandLineRun both = text("--report", page.toString(), "--no-report");
        assertThat(both.status()).isEqualTo(2);
        assertThat(both.errors()).contains("--report and --no-report contradict each other");
        final CommandLineRun pdf = text("--report", folder.resolve("a.pdf").toString());
        assertThat(pdf.status()).isEqualTo(1);
        assertThat(pdf.errors()).contains("--report").contains("ends with .html");
    }
}
