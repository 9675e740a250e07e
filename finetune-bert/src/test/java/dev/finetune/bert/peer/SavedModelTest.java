package dev.finetune.bert.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.example.loha.Loha;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What we save, Transformers and PEFT load: equal logits and labels, nothing missing. Needs a Python with torch and transformers
 * (system property finetune.python, "python3" by default) and the checking script beside the project; skipped without.
 */
@Tag("peer")
class SavedModelTest {
    private static final Path SCRIPT =
            Path.of(System.getProperty("finetune.shared", "../../shared"), "peer", "check_saved.py");
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final List<String> LABELS = List.of("good", "bad", "fair");
    private static final List<String> WORDS = List.of(" great", " weak", " usual");
    private static final List<String> TEXTS = List.of(
            "the product arrived on time",
            "great sound , weak bass , fair price",
            "the battery dies within an hour and nobody answered my mail",
            "naïve café 日本",
            "");

    @TempDir
    private Path folder;

    private static String missing = "";

    @BeforeAll
    static void lookForPython() throws IOException, InterruptedException {
        if (!Files.isRegularFile(SCRIPT)) {
            missing = "there is no " + SCRIPT.toAbsolutePath();
        } else if (exit("-c", "import torch, transformers") != 0) {
            missing = python() + " has no torch and transformers; name one that has with -Dfinetune.python=...";
        }
        if (!missing.isEmpty()) {
            System.out.println("SKIPPED, not passed: SavedModelTest, because " + missing);
        }
    }

    @BeforeEach
    void pythonIsThere() {
        assumeTrue(missing.isEmpty(), missing);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bert-sequence-classification",
                "distilbert-sequence-classification",
                "roberta-sequence-classification",
                "electra-sequence-classification",
                "xlm-roberta-sequence-classification",
                "mpnet-sequence-classification",
                "albert-sequence-classification",
                "modernbert-sequence-classification",
                "deberta-v2-sequence-classification"
            })
    void aFineTunedClassifierGivesEqualLogitsInTransformers(String model) throws IOException, InterruptedException {
        try (FineTuned<Text> tuned = tuned(FineTuner.from(GOLDEN.resolve(model).resolve("model")))) {
            tuned.save(folder.resolve("model"));
            writePredictions(tuned);
        }
        final JsonObject said = check();
        assertThat(said.get("max_abs_difference").getAsDouble()).isLessThan(1e-4);
        assertThat(said.getAsJsonArray("missing_keys")).isEmpty();
        assertThat(said.getAsJsonArray("unexpected_keys")).isEmpty();
        assertThat(said.getAsJsonObject("id2label").get("0").getAsString()).isEqualTo("good");
    }

    static Stream<Arguments> methods() {
        final Lora lora = Lora.rank(4);
        return Stream.of(
                method("LoRA", tuner -> tuner.lora(lora)),
                method("LoRA on all linear layers", tuner -> tuner.lora(lora.allLinear())),
                method("LoRA on embeddings", tuner -> tuner.lora(lora.targets("word_embeddings", "query"))),
                method("DoRA on embeddings", tuner -> tuner.lora(lora.withDora().targets("word_embeddings", "value"))),
                method("IA3", tuner -> tuner.ia3(Ia3.usual())),
                method(
                        "IA3 on all linear layers",
                        tuner -> tuner.ia3(Ia3.usual().allLinear())),
                method("LoHa, which comes from outside", tuner -> tuner.adapt(Loha.rank(4))));
    }

    private static Arguments method(String name, UnaryOperator<FineTuner> method) {
        return Arguments.of(name, method);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("methods")
    void anAdapterGivesEqualLogitsInPeft(String name, UnaryOperator<FineTuner> method)
            throws IOException, InterruptedException {
        checkAdapter("bert", method);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xlm-roberta", "mpnet", "albert", "modernbert", "deberta-v2"})
    void adaptersOfOtherFamiliesGiveEqualLogitsInPeft(String family) throws IOException, InterruptedException {
        checkAdapter(family, tuner -> tuner.lora(Lora.rank(4)));
        checkAdapter(family, tuner -> tuner.lora(Lora.rank(2).withDora().allLinear()));
        checkAdapter(family, tuner -> tuner.ia3(Ia3.usual()));
    }

    private void checkAdapter(String family, UnaryOperator<FineTuner> method) throws IOException, InterruptedException {
        final boolean there = exit("-c", "import peft") == 0;
        if (!there) {
            System.out.println("SKIPPED, not passed: adapters in SavedModelTest, because " + python() + " has no peft");
        }
        assumeTrue(there, "no peft");
        final Path base = GOLDEN.resolve(family + "-sequence-classification").resolve("model");
        try (FineTuned<Text> tuned = tuned(method.apply(FineTuner.from(base)))) {
            tuned.saveAdapter(folder.resolve("model"));
            writePredictions(tuned);
        }
        final JsonObject said = check("--base", base.toString());
        assertThat(said.get("max_abs_difference").getAsDouble()).isLessThan(1e-5);
    }

    private static FineTuned<Text> tuned(FineTuner tuner) {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            examples.add(new Example<>(Text.of("price " + i + WORDS.get(i % 3)), Label.of(LABELS.get(i % 3))));
        }
        return tuner.head(LABELS.toArray(new String[0]))
                .maxLength(48)
                .lr(1e-3)
                .epochs(1)
                .fitAll(Dataset.of(Text.class, examples));
    }

    private void writePredictions(FineTuned<Text> tuned) throws IOException {
        final List<Prediction> predictions =
                tuned.predict(TEXTS.stream().map(Text::of).toList());
        final List<String> lines = new ArrayList<>();
        for (int i = 0; i < TEXTS.size(); i++) {
            final JsonArray logits = new JsonArray();
            for (float logit : predictions.get(i).logits().get(0)) {
                logits.add(logit);
            }
            final JsonObject line = new JsonObject();
            line.addProperty("text", TEXTS.get(i));
            line.add("logits", logits);
            lines.add(new Gson().toJson(line));
        }
        Files.write(folder.resolve("predictions.jsonl"), lines);
    }

    @Test
    void aSavedMaskedLanguageModelHasNothingMissing() throws IOException, InterruptedException {
        try (FineTuned<Text> model = FineTuner.from(GOLDEN.resolve("bert-masked-lm/model"))
                .head(Heads.maskedLm())
                .maxLength(48)
                .untrained(Text.class)) {
            model.save(folder.resolve("model"));
        }
        assertThat(exit(
                        "-c",
                        "import sys, transformers as t; "
                                + "m, i = t.AutoModelForMaskedLM.from_pretrained(sys.argv[1], output_loading_info=True); "
                                + "t.AutoTokenizer.from_pretrained(sys.argv[1]); "
                                + "sys.exit(bool(i['missing_keys']) or bool(i['unexpected_keys']))",
                        folder.resolve("model").toString()))
                .isZero();
    }

    private JsonObject check(String... more) throws IOException, InterruptedException {
        final Path out = folder.resolve("out");
        final List<String> command = new ArrayList<>(List.of(
                python(),
                SCRIPT.toString(),
                folder.resolve("model").toString(),
                folder.resolve("predictions.jsonl").toString(),
                "--max-length",
                "48"));
        command.addAll(List.of(more));
        final Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        final List<String> lines = Files.readAllLines(out, StandardCharsets.UTF_8);
        final String last = lines.get(lines.size() - 1);
        assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
        return JsonParser.parseString(last).getAsJsonObject();
    }

    private static int exit(String... arguments) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(python()));
        command.addAll(List.of(arguments));
        try {
            final Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(5, TimeUnit.MINUTES) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        }
    }

    private static String python() {
        final String property = System.getProperty("finetune.python", "");
        return property.isEmpty() ? "python3" : property;
    }
}
