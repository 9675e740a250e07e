package dev.finetune.examples.study;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import dev.finetune.examples.CommandLineRun;
import dev.finetune.examples.ShippedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyTest {
    @TempDir
    private Path folder;

    private String reviews(String name, int count) throws IOException {
        final List<String> lines = new ArrayList<>(List.of("sentence\tlabel"));
        for (int i = 0; i < count; i++) {
            lines.add("number " + i + (i % 2 == 0 ? " is a great film\tgood" : " is an awful bore\tbad"));
        }
        return Files.write(folder.resolve(name), lines).toString();
    }

    @Test
    void everyMethodIsTriedOnEveryNumberOfExamplesWithEverySeed() throws IOException {
        final Path csv = folder.resolve("runs.csv");
        final CommandLineRun run = CommandLineRun.of(
                "study",
                "texts",
                "--model",
                ShippedFiles.encoder(folder).toString(),
                "--train",
                reviews("train.tsv", 40),
                "--eval",
                reviews("eval.tsv", 10),
                "--shots",
                "4,all",
                "--all",
                "16",
                "--seeds",
                "1,2",
                "--methods",
                "head,gradual",
                "--steps",
                "2",
                "--csv",
                csv.toString());
        final JsonObject json = run.well().json();
        assertThat(json.getAsJsonArray("runs")).hasSize(2 * 2 * 2);
        assertThat(run.text())
                .contains("| examples a class | head only | gradual + decay |")
                .contains("| 4 | ")
                .contains("| all | ");
        assertThat(Files.readAllLines(csv)).hasSize(1 + 8);
    }

    @Test
    void moreExamplesThanAClassHasAreRefused() throws IOException {
        final CommandLineRun run = CommandLineRun.of(
                "study",
                "texts",
                "--model",
                ShippedFiles.encoder(folder).toString(),
                "--train",
                reviews("train.tsv", 6),
                "--eval",
                reviews("eval.tsv", 4),
                "--shots",
                "8");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errors()).contains("--shots 8").contains("only 3 examples");
    }

    @Test
    void aCellOfTheTableIsMeanSpreadAndSeconds() {
        final StudyResult result = new StudyResult();
        result.add(new StudyResult.Run("8", "full", 1, 0.70, 4));
        result.add(new StudyResult.Run("8", "full", 2, 0.74, 6));
        assertThat(result.table())
                .containsExactly("| examples a class | full |", "| --- | --- |", "| 8 | 72.0 ± 2.8 (5 s) |");
    }
}
