package dev.finetune.html;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.Reports;
import dev.finetune.data.DataCheck;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of what a check of data found. */
class CheckPageTest {
    @TempDir
    private Path folder;

    private static Dataset<Text> data(String name, int duplicates) {
        final List<Example<Text>> rows = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            rows.add(new Example<>(Text.of(name + " sentence about thing " + i * 7919), Label.of("good")));
            rows.add(new Example<>(Text.of("words on matter " + i * 104729 + " of " + name), Label.of("bad")));
        }
        for (int i = 0; i < duplicates; i++) {
            rows.add(rows.get(i));
        }
        rows.add(new Example<>(Text.of("<b>bold</b> & \"quoted\" </style><script>"), Label.of("bad")));
        return Dataset.of(Text.class, rows).describedAs(name + ".tsv");
    }

    static DataReport report() {
        return DataCheck.of(data("first", 60), data("second", 0)).report();
    }

    private static String page(DataReport report) {
        return new HtmlReporter().check(report);
    }

    @Test
    void everyKindIsASectionWithItsAdviceAndCases() {
        final DataReport report = report();
        final String page = page(report);
        final String text = Html.text(page);

        assertThat(text)
                .startsWith(" Check of data train: first.tsv; validation: second.tsv")
                .contains("train121 rows", "validation61 rows", "A finding is a reason to look, not a verdict.");
        for (DataReport.Issue issue : report.issues()) {
            assertThat(text).contains(issue.what() + ". " + issue.advice());
            assertThat(page).contains("<h2 id=\"found-" + issue.code().id() + "\">");
        }
        assertThat(text)
                .contains(
                        "leakage: case 1 of 1",
                        "train 121, validation 61",
                        "<b>bold</b> & \"quoted\" </style><script>",
                        "duplicates: cases 1 to 5 of 60",
                        "duplicates: cases 6 to 50 of 60");
        assertThat(Html.all(page, "script")).isEmpty();
        assertThat(page.length()).isLessThan(100_000);
    }

    @Test
    void dataWithoutFindingsAndWhatWasNotCheckedAreShown() {
        final DataReport report = new DataReport(
                List.of(DataReport.Part.of("train", "a stream", 12_345)),
                List.of(),
                List.of("leakage: it is streamed"));

        assertThat(Html.text(page(report)))
                .contains("12,345", "Nothing was found.", "Not checked", "leakage: it is streamed");
    }

    @Test
    void anErrorIsCalledOne() {
        final DataReport report =
                DataCheck.of(Dataset.of(Text.class, List.<Example<Text>>of())).report();

        assertThat(report.issues()).extracting(DataReport.Issue::code).containsExactly(Finding.Code.NO_EXAMPLES);
        assertThat(Html.text(page(report)))
                .contains("Error: The training data is empty", "1 of them makes training pointless");
    }

    @Test
    void theLibraryWritesIt() throws IOException {
        final Path file = folder.resolve("below/check.html");
        Reports.write(report(), file);
        assertThat(Files.readString(file)).isEqualTo(page(report()));
        assertThatThrownBy(() -> Reports.write(report(), folder.resolve("check.pdf")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("ends with .html");
    }
}
