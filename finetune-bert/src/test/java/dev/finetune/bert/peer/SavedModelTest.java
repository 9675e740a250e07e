package dev.finetune.bert.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.example.loha.Loha;
import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.PythonPeer;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

    private static PythonPeer peer;
    private static PythonPeer peft;

    @BeforeAll
    static void lookForPython() throws IOException, InterruptedException {
        peer = PythonPeer.with("torch, transformers", SavedModelTest.class);
        peft = PythonPeer.with("torch, transformers, peft", SavedModelTest.class);
    }

    @BeforeEach
    void pythonAndTheScriptAreThere() {
        peer.assumeThere();
        assumeTrue(Files.isRegularFile(SCRIPT), () -> "there is no " + SCRIPT.toAbsolutePath());
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
        peft.assumeThere();
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
        peer.succeeds(
                List.of(
                        "-c",
                        "import sys, transformers as t; "
                                + "m, i = t.AutoModelForMaskedLM.from_pretrained(sys.argv[1], output_loading_info=True); "
                                + "t.AutoTokenizer.from_pretrained(sys.argv[1]); "
                                + "sys.exit(bool(i['missing_keys']) or bool(i['unexpected_keys']))",
                        folder.resolve("model").toString()),
                folder.resolve("out"));
    }

    private JsonObject check(String... more) throws IOException, InterruptedException {
        final List<String> arguments = new ArrayList<>(List.of(
                SCRIPT.toString(),
                folder.resolve("model").toString(),
                folder.resolve("predictions.jsonl").toString(),
                "--max-length",
                "48"));
        arguments.addAll(List.of(more));
        return peer.says(arguments, folder.resolve("out"));
    }
}
