package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands predict and evaluate, on models of every kind that were saved. */
class SavedModelCommandsTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void makeModelsAndFiles() throws IOException {
        StandIns.fill(folder);
        for (String task : List.of("tokens:train.conll", "question-answering:train.json", "regression:ratings.csv")) {
            final String[] parts = task.split(":");
            final List<String> all = new ArrayList<>(List.of(
                    "text",
                    "--model",
                    StandIns.base(folder).toString(),
                    "--task",
                    parts[0],
                    "--train",
                    file(parts[1]),
                    "--max-length",
                    "32",
                    "--max-steps",
                    "1",
                    "--out",
                    file(parts[0])));
            if (parts[0].equals("regression")) {
                all.addAll(List.of("--text-column", "review", "--label-column", "stars"));
            }
            CommandLineRun.of(all.toArray(new String[0])).well();
        }
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    private static CommandLineRun predict(String model, String... more) {
        final List<String> all = new ArrayList<>(List.of("predict", "--model", file(model)));
        all.addAll(List.of(more));
        return CommandLineRun.of(all.toArray(new String[0])).well();
    }

    private static JsonObject object(String line) {
        return JsonParser.parseString(line).getAsJsonObject();
    }

    @Test
    void textsComeFromArgumentsFilesOrStandardInputAndGiveTheSame() throws IOException {
        final Path lines = folder.resolve("ask.txt");
        Files.writeString(lines, "a lamp\n\ncaf\u00e9 lamp\n");
        final List<String> given =
                predict("my-model", "a lamp", "caf\u00e9 lamp").lines();
        final List<String> inPlace = List.of(given.get(0), "null", given.get(1));

        assertThat(given).hasSize(2);
        assertThat(predict("my-model", "--file", lines.toString()).lines()).isEqualTo(inPlace);
        assertThat(object(given.get(1)).get("text").getAsString()).isEqualTo("caf\u00e9 lamp");
        assertThat(object(given.get(0)).getAsJsonObject("probabilities").keySet())
                .containsExactly("negative", "positive");
        assertThat(object(given.get(0)).get("probability").getAsDouble()).isBetween(0.5, 1.0);

        final InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(Files.readAllBytes(lines)));
        try {
            assertThat(predict("my-model").lines()).isEqualTo(inPlace);
            System.setIn(new ByteArrayInputStream("\n\na lamp\n \n".getBytes(StandardCharsets.UTF_8)));
            assertThat(predict("my-model", "--format", "TSV").lines())
                    .hasSize(4)
                    .element(2)
                    .asString()
                    .startsWith("a lamp\t");
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void tablesAreReadWithTheirColumnsAndPairsWithATab() {
        assertThat(predict("my-model", "--file", file("validation.tsv")).lines())
                .hasSize(12);
        final CommandLineRun pairs = predict(
                "my-model", "--file", file("pairs.csv"), "--text-column", "premise", "--pair-column", "hypothesis");
        assertThat(pairs.lines()).hasSize(30);
        final JsonObject first = object(pairs.lines().get(0));
        final String again =
                first.get("text").getAsString() + "\t" + first.get("pair").getAsString();
        final JsonObject alone = object(predict("my-model", again).lines().get(0));
        assertThat(alone.get("pair")).isEqualTo(first.get("pair"));
        assertThat(alone.get("probability").getAsDouble())
                .isCloseTo(first.get("probability").getAsDouble(), within(1e-6));
        assertThat(predict("my-model", "--format", "TSV", "one\ttwo").lines().get(0))
                .matches("one\ttwo\t(negative|positive)\t0\\.\\d+");
        assertThat(object(predict("my-model", "--top", "1", "one").lines().get(0))
                        .getAsJsonObject("probabilities")
                        .size())
                .isEqualTo(1);
    }

    @Test
    void wordsQuestionsNumbersAndPicturesArePredicted() {
        final JsonObject words =
                object(predict("tokens", "anna lives in oslo").lines().get(0));
        assertThat(words.getAsJsonArray("words")).hasSize(4);
        assertThat(words.getAsJsonArray("tags")).hasSize(4);
        assertThat(predict("tokens", "--file", file("train.conll")).lines()).hasSizeGreaterThan(3);

        final JsonObject answer =
                object(predict("question-answering", "where is anna", "--passage", "anna lives in oslo .")
                        .lines()
                        .get(0));
        assertThat(answer.keySet()).contains("question", "answer", "probability");
        assertThat(predict("question-answering", "--file", file("train.json")).lines())
                .hasSizeGreaterThan(3);

        assertThat(object(predict("regression", "a lamp").lines().get(0))
                        .get("value")
                        .getAsDouble())
                .isFinite();

        final List<String> pictures = predict("image-base", file("photos")).lines();
        assertThat(pictures).hasSize(36);
        assertThat(object(pictures.get(0)).keySet()).contains("image", "label", "probability");
    }

    @Test
    void aLabelThatTheModelDoesNotKnowIsToldWithWhatCanBeDone() throws IOException {
        Files.writeString(folder.resolve("misspelt.tsv"), "text\tlabel\na lamp\tpostive\n");
        final CommandLineRun run =
                CommandLineRun.of("evaluate", "--model", file("my-model"), "--data", file("misspelt.tsv"));

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errors())
                .contains(
                        "Unknown label \"postive\" (did you mean \"positive\"?)",
                        "known labels are: negative, positive",
                        "Correct or map it in the data",
                        "the commands text and images")
                .doesNotContain("head(");
    }

    @Test
    void labelledDataIsEvaluatedWithOneJsonObjectAsTheLastLine() {
        for (List<String> each : List.of(
                List.of("my-model", "validation.tsv", "accuracy", "12"),
                List.of("tokens", "train.conll", "f1", "16"),
                List.of("question-answering", "train.json", "exact_match", "16"))) {
            final CommandLineRun run = CommandLineRun.of(
                            "evaluate", "--model", file(each.get(0)), "--data", file(each.get(1)))
                    .well();
            assertThat(run.text()).contains(each.get(2));
            assertThat(run.json().get("what").getAsString()).isEqualTo("evaluate");
            assertThat(run.json().getAsJsonObject("evaluation").has(each.get(2)))
                    .as(run.text())
                    .isTrue();
        }
        assertThat(CommandLineRun.of(
                                "evaluate",
                                "--model",
                                file("regression"),
                                "--data",
                                file("ratings.csv"),
                                "--text-column",
                                "review",
                                "--label-column",
                                "stars",
                                "--limit",
                                "20")
                        .well()
                        .json()
                        .get("samples")
                        .getAsInt())
                .isEqualTo(20);
    }

    @Test
    void exportsWhatAnswersAsTheSavedModelDoes() {
        final String[] export = {"export-onnx", "--model", file("regression"), "--out", file("regression-onnx")};
        assertThat(CommandLineRun.of(export).well().text()).contains("exported to " + file("regression-onnx"));

        assertThat(folder.resolve("regression-onnx/model.onnx")).exists();
        assertThat(predict("regression-onnx", "a text").text())
                .isEqualTo(predict("regression", "a text").text());
        export[4] = file("regression");
        final CommandLineRun over = CommandLineRun.of(export);
        assertThat(over.status()).isEqualTo(1);
        assertThat(over.errors()).contains("holds a model").contains("--overwrite");
    }

    @Test
    void whatCantBeAskedIsSaid() {
        final CommandLineRun noPassage =
                CommandLineRun.of("predict", "--model", file("question-answering"), "where is anna");
        assertThat(noPassage.status()).isEqualTo(1);
        assertThat(noPassage.errors()).contains("--passage");
        final CommandLineRun noModel = CommandLineRun.of("evaluate", "--model", file("nowhere"), "--data", file("x"));
        assertThat(noModel.status()).isEqualTo(1);
        assertThat(noModel.errors()).contains("nowhere");
    }
}
