package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimilarCommandTest {
    @TempDir
    private Path folder;

    private CommandLineRun similar(String... more) {
        final List<String> all = new ArrayList<>(List.of(
                "similar",
                "--model",
                ShippedFiles.encoder(folder).toString(),
                "--out",
                folder.resolve("out").toString(),
                "--epochs",
                "1"));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    @Test
    void neighboursAndRecallAreShownBeforeAndAfterAndTheEncoderIsSaved() {
        final CommandLineRun run = similar("--lr", "1e-3").well();

        assertThat(run.text())
                .contains("the nearest of 128 texts", "Of 64 texts that were not learned from")
                .containsPattern("recall@1 +\\d+\\.\\d % +\\d+\\.\\d %")
                .containsPattern("recall@10 +\\d+\\.\\d % +\\d+\\.\\d %");
        assertThat(folder.resolve("out/model.safetensors")).exists();
    }

    @Test
    void aTableOfOnesOwnIsSplitWhereThereIsNoOther() throws IOException {
        final Path table = folder.resolve("mine.csv");
        final StringBuilder lines = new StringBuilder("question,intent\n");
        for (int i = 0; i < 20; i++) {
            lines.append("where is parcel ").append(i).append(",where\n");
            lines.append("I pay with card ").append(i).append(",pay\n");
        }
        Files.writeString(table, lines);
        final CommandLineRun run = similar(
                        "--data", table.toString(), "--text-column", "question", "--label-column", "intent")
                .well();

        assertThat(run.text()).contains("the nearest of 32 texts", "Of 8 texts");
    }
}
