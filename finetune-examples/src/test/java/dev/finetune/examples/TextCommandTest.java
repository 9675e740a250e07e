package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The command on texts, with an encoder that knows nothing and a few reviews. */
class TextCommandTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void makeModelsAndFiles() throws IOException {
        StandIns.fill(folder);
    }

    private static CommandLineRun text(String train, String... options) {
        final List<String> all = new ArrayList<>(List.of(
                "text",
                "--model",
                StandIns.base(folder).toString(),
                "--train",
                folder.resolve(train).toString(),
                "--max-length",
                "32",
                "--max-steps",
                "1"));
        all.addAll(List.of(options));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    private static void isRefused(CommandLineRun run, String... words) {
        assertThat(run.status()).isIn(1, 2);
        assertThat(run.errors()).contains(words);
        assertThat(run.lines()).isEmpty();
    }

    @Test
    void theModelIsSavedAndPredicts() {
        final Path out = folder.resolve("tuned");
        final CommandLineRun run = text("train.tsv", "--predict", "the lamp is great", "--out", out.toString())
                .well();

        assertThat(run.text()).contains("the lamp is great\n  ");
        assertThat(run.json().get("what").getAsString()).isEqualTo("text");
        try (FineTuned<Text> loaded = FineTuned.load(out)) {
            assertThat(loaded.labels()).containsExactly("negative", "positive");
        }
    }

    @Test
    void aBatchMayBeLeftToWhatMemorySufficesFor() {
        for (String batch : List.of("4", "auto", "auto:4")) {
            text("train.tsv", "--batch", batch, "--predict", "a lamp").well();
        }
        for (String batch : List.of("0", "auto:", "auto:0", "car", "4x", "-1", "99999999999")) {
            final CommandLineRun run = text("train.tsv", "--batch", batch, "--predict", "a lamp");
            assertThat(run.status()).as(batch).isEqualTo(2);
            assertThat(run.errors())
                    .contains("--batch")
                    .contains("\"" + batch + "\" is neither a number of rows above 0, such as 16, nor auto or auto:16");
        }
    }

    @Test
    void severalLabelsAndNumbersArePrintedReadably() {
        assertThat(text("topics.jsonl", "--task", "multi-label", "--label-column", "labels", "--predict", "a lamp")
                        .well()
                        .text())
                .contains("a lamp\n  ")
                .doesNotContain("[F@");
        assertThat(text(
                                "ratings.csv",
                                "--task",
                                "regression",
                                "--text-column",
                                "review",
                                "--label-column",
                                "stars",
                                "--predict",
                                "a lamp")
                        .well()
                        .text())
                .containsPattern("a lamp\n  -?\\d")
                .doesNotContain("[F@");
    }

    @Test
    void filesOfOtherDelimitersAndEncodingsAreReadOnceThatIsSaid() throws IOException {
        final StringBuilder rows = new StringBuilder("text;label\n");
        for (int i = 0; i < 20; i++) {
            rows.append("caf\u00e9 ").append(i).append(i % 2 == 0 ? ";good\n" : ";bad\n");
        }
        Files.writeString(folder.resolve("other.csv"), rows, StandardCharsets.ISO_8859_1);

        isRefused(text("other.csv", "--charset", "ISO-8859-1"), "looks separated by ';': say --delimiter ';'.");
        isRefused(text("other.csv", "--delimiter", ";"), "line 2", "--charset");
        text("other.csv", "--delimiter", ";", "--charset", "ISO-8859-1").well();
        isRefused(text("other.csv", "--delimiter", ";;"), "--delimiter ;;: expected one character");
        isRefused(text("other.csv", "--charset", "latin"), "--charset latin: there is no such encoding");
    }

    @Test
    void whatANewcomerGetsWrongIsAnsweredInAFewWords() throws IOException {
        Files.writeString(folder.resolve("one.tsv"), "text\tlabel\na lamp\tgood\na cup\tgood\n");
        Files.write(folder.resolve("binary.tsv"), new byte[] {(byte) 0xE2, ',', 1, (byte) 0xFF, ',', 7, '\n'});

        isRefused(text("one.tsv"), "All labels are \"good\"", "--label-column", "--limit");
        isRefused(text("base"), "is a folder; expected a file");
        assertThat(text("binary.tsv").errors()).contains("not UTF-8").doesNotContain("looks separated");
        isRefused(text("train.tsv", "--eval-batch", "0"), "error: --eval-batch must be above 0");
        assertThat(text("train.tsv", "--precision", "bf17").status()).isEqualTo(2);
        text("train.tsv", "--precision", "float32").well();
        final CommandLineRun lost = CommandLineRun.of(
                "pretrain",
                "--text",
                "nowhere.txt",
                "--out",
                folder.resolve("x").toString());
        assertThat(lost.status()).isEqualTo(1);
        assertThat(lost.errors().lines()).hasSize(1);
        assertThat(lost.errors()).contains("nowhere.txt");
    }

    @Test
    void warningsSpeakOfOptions() throws IOException {
        final StringBuilder rows = new StringBuilder("text\tlabel\n");
        for (int i = 0; i < 60; i++) {
            rows.append("lamp ").append(i).append(i % 15 == 0 ? "\tgood\n" : "\tbad\n");
        }
        Files.writeString(folder.resolve("imbalanced.tsv"), rows);

        assertThat(text("imbalanced.tsv").well().text()).contains("warning: The classes", "Weigh classes (--balanced)");
    }

    @Test
    void whatWouldFailInTheEndIsRefusedBeforeTraining() throws IOException {
        final Path theirs = Files.createDirectories(folder.resolve("theirs"));
        Files.writeString(theirs.resolve("pytorch_model.bin"), "theirs");
        isRefused(text("train.conll", "--task", "tokens", "--predict", "anna"), "--predict", "Words");
        isRefused(text("train.tsv", "--adapter-out", "adapter"), "--adapter-out", "--lora", "--ia3");
        isRefused(text("train.tsv", "--out", folder.resolve("train.tsv").toString()), "--out", "is a file");
        isRefused(text("train.tsv", "--out", folder.resolve("train.tsv/model").toString()), "--out", "no file can be");
        isRefused(text("train.tsv", "--out", theirs.toString()), "--out", "pytorch_model.bin", "--overwrite");
    }

    @Test
    void optionsThatWouldBeIgnoredAreRefused() {
        isRefused(text("train.tsv", "--schedule", "constant", "--warmup", "100"), "constant schedule", "100 warm-up");
        isRefused(text("train.tsv", "--warmup", "1.5"), "--warmup 1.5");
        isRefused(text("train.tsv", "--lora", "-4"), "rank", "-4");
        isRefused(text("train.tsv", "--lora", "4", "--lora-alpha", "-1"), "alpha", "-1");
        isRefused(text("train.tsv", "--early-stopping", "-1"), "patience", "-1");
        isRefused(text("train.tsv", "--dropout", "-0.5"), "dropout", "-0.5");
    }

    @Test
    void whatIsHeldBackFollowsTheSeed() {
        final TextData data = CommandLine.populateCommand(
                new TextData(), "--train", folder.resolve("train.tsv").toString());
        final Dataset<Text> all = TextFiles.tsv(folder.resolve("train.tsv")).classification();
        for (long seed : new long[] {42, 7}) {
            assertThat(List.copyOf(data.read(seed).evaluation().asList()))
                    .isEqualTo(all.split(0.1, seed).validation().asList());
        }
        assertThat(all.split(0.1, 7).validation().asList())
                .isNotEqualTo(all.split(0.1, 42).validation().asList());
    }
}
