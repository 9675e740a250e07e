package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckCommandTest {
    @TempDir
    private Path folder;

    private Path file(String name, String... rows) throws IOException {
        final StringBuilder lines = new StringBuilder("text\tlabel\n");
        for (int i = 0; i < 30; i++) {
            lines.append("a ")
                    .append(name)
                    .append(" sentence about thing ")
                    .append(i * 7919)
                    .append("\tgood\n");
            lines.append("some ")
                    .append(name)
                    .append(" words on matter ")
                    .append(i * 104729)
                    .append("\tbad\n");
        }
        for (String row : rows) {
            lines.append(row).append('\n');
        }
        return Files.writeString(folder.resolve(name + ".tsv"), lines);
    }

    @Test
    void whatIsFoundIsPrintedAndWrittenAndDoesNotFailTheCommand() throws IOException {
        final Path json = folder.resolve("found.json");
        final CommandLineRun run = CommandLineRun.of(
                        "check",
                        "--train",
                        file("first", "the same row\tgood", "caf\u00C3\u00A9 closed\tbad")
                                .toString(),
                        "--eval",
                        file("second", "the same row\tbad").toString(),
                        "--json",
                        json.toString())
                .well();

        assertThat(run.text())
                .contains(
                        "leakage: 1",
                        "train 61 and validation 61  \"the same row\"",
                        "conflicting-labels: 1",
                        "odd-encoding: 1",
                        "(--charset)");
        final JsonObject found = JsonParser.parseString(Files.readString(json)).getAsJsonObject();
        assertThat(found.getAsJsonArray("issues")
                        .get(0)
                        .getAsJsonObject()
                        .get("code")
                        .getAsString())
                .isEqualTo("leakage");
    }

    @Test
    void theKindsThatAreNamedFailTheCommand() throws IOException {
        final String train =
                file("first", "the same row\tgood", "the same row\tgood").toString();

        final CommandLineRun failed =
                CommandLineRun.of("check", "--train", train, "--fail-on", "conflicting-labels, DUPLICATES");
        assertThat(failed.status()).isEqualTo(1);
        assertThat(failed.errors()).contains("found duplicates");
        CommandLineRun.of("check", "--train", train, "--fail-on", "conflicting-labels")
                .well();
        final CommandLineRun alone = CommandLineRun.of("check", "--train", train, "--fail-on", "leakage");
        assertThat(alone.status()).isEqualTo(2);
        assertThat(alone.errors()).contains("--fail-on leakage", "give the other one with --eval");
        final CommandLineRun unknown = CommandLineRun.of("check", "--train", train, "--fail-on", "leaks");
        assertThat(unknown.status()).isEqualTo(2);
        assertThat(unknown.errors()).contains("--fail-on leaks", "near-leakage");
    }

    @Test
    void theDataItselfIsNotReplacedByWhatWasFound() throws IOException {
        final Path train = file("first", "the same row\tgood", "another row\tbad");
        final String before = Files.readString(train);
        final CommandLineRun run = CommandLineRun.of("check", "--train", train.toString(), "--json", train.toString());
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errors()).contains("--json", "--overwrite");
        assertThat(train).hasContent(before);
        final String found = folder.resolve("found.json").toString();
        CommandLineRun.of("check", "--train", train.toString(), "--json", found).well();
        CommandLineRun.of("check", "--train", train.toString(), "--json", found).well();
    }

    @Test
    void whatIsFoundIsWrittenToAPageInTheWordsOfTheCommand() throws IOException {
        final String train = file("first", "the same row\tgood", "the same row\tgood", "caf\u00C3\u00A9 closed\tbad")
                .toString();
        final Path page = folder.resolve("found.html");
        for (int i = 0; i < 2; i++) {
            assertThat(CommandLineRun.of("check", "--train", train, "--report", page.toString())
                            .well()
                            .text())
                    .contains("the page is in " + page);
        }
        assertThat(Files.readString(page))
                .contains("Check of data", "duplicates: case 1 of 1", "the same row", "--charset")
                .doesNotContain("charset(...)", "<script");

        final Path others = Files.writeString(folder.resolve("others.html"), "<html>mine</html>");
        final CommandLineRun over = CommandLineRun.of("check", "--train", train, "--report", others.toString());
        assertThat(over.status()).isEqualTo(1);
        assertThat(over.errors()).contains("--report", "--overwrite");
        assertThat(others).hasContent("<html>mine</html>");
        final CommandLineRun pdf = CommandLineRun.of(
                "check",
                "--train",
                train,
                "--report",
                folder.resolve("found.pdf").toString());
        assertThat(pdf.status()).isEqualTo(2);
        assertThat(pdf.errors()).contains("ends with .html");
    }

    @Test
    void labelsAreDoubtedByTheVectorsOfAModel() throws IOException {
        final Path reviews = ShippedFiles.reviews(folder, "validation.tsv");
        final CommandLineRun run = CommandLineRun.of(
                        "check",
                        "--train",
                        reviews.toString(),
                        "--text-column",
                        "sentence",
                        "--model",
                        ShippedFiles.encoder(folder).toString())
                .well();

        assertThat(run.text()).contains("linear classifier of vectors");
    }

    @Test
    void conversationsAndPreferencesAreReadAsTheCommandLmDoes() throws IOException {
        final String chat =
                "{\"messages\": [{\"role\": \"user\", \"content\": \"late\"}, {\"role\": \"assistant\", \"content\": \"%s\"}]}\n";
        final Path chats = Files.writeString(
                folder.resolve("chats.jsonl"), chat.formatted("sorry").repeat(2) + chat.formatted(" "));
        assertThat(CommandLineRun.of("check", "--train", chats.toString())
                        .well()
                        .text())
                .contains("empty-answers: 1", "duplicates: 1");

        final Path pairs = Files.writeString(folder.resolve("pairs.jsonl"), """
                {"prompt": "late", "chosen": "sorry", "rejected": "no"}
                {"prompt": "late", "chosen": "thanks", "rejected": "no"}
                """);
        final CommandLineRun counted = CommandLineRun.of(
                        "check",
                        "--train",
                        pairs.toString(),
                        "--model",
                        TinyModels.gpt2(folder.resolve("gpt2")).toString(),
                        "--max-length",
                        "8")
                .well();
        assertThat(counted.text())
                .contains("tokens of train: 7 to 11 tokens an example", "4 rows of at most 8")
                .contains("truncated: 2")
                .doesNotContain("conflicting-labels", "duplicates");
        assertThat(CommandLineRun.of("check", "--train", pairs.toString(), "--rows", "poems")
                        .errors())
                .contains("--rows poems: expected one of chats");
    }

    @Test
    void picturesAreTheSameIfTheirFilesHoldTheSame() throws IOException {
        for (String part : new String[] {"train", "val"}) {
            for (String name : new String[] {"cat", "dog"}) {
                Files.createDirectories(folder.resolve(part).resolve(name));
                for (int i = 0; i < 6; i++) {
                    Files.writeString(folder.resolve(part).resolve(name).resolve(i + ".png"), part + name + i);
                }
            }
        }
        Files.copy(folder.resolve("train/cat/3.png"), folder.resolve("val/dog/copy.png"));

        final CommandLineRun run = CommandLineRun.of(
                        "check",
                        "--train",
                        folder.resolve("train").toString(),
                        "--eval",
                        folder.resolve("val").toString())
                .well();

        assertThat(run.text())
                .contains("leakage: 1", "cat/3.png", "conflicting-labels: 1", "cat and dog", "aren't made of text")
                .doesNotContain("embeddedBy");
    }
}
