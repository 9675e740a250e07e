package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.LoadReport;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints as they were written over the years mean what Transformers takes them to mean. */
class OldCheckpointsTest {
    private static final String MODEL = "bert-sequence-classification";
    private static final String[] FRESH = {
        "bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias"
    };

    @TempDir
    private Path folder;

    private static FineTuned<Text> open(Path directory) {
        return tuner(directory).untrained(Text.class);
    }

    /** With the head that it was saved with. */
    private static FineTuned<Text> whole(Path directory) {
        return tuner(directory).initialization(i -> i.keepHead(true)).untrained(Text.class);
    }

    private static FineTuner tuner(Path directory) {
        return FineTuner.from(directory).head("a", "b", "c").maxLength(32);
    }

    /** Norms as TensorFlow called them. */
    private static String tensorFlow(String name) {
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    }

    private static String bare(String name) {
        return name.startsWith("bert.") ? name.substring("bert.".length()) : name;
    }

    private Path renamed(String model, Function<String, Optional<String>> rename) {
        return Checkpoints.renamed(model, folder.resolve("renamed"), rename);
    }

    /** Every parameter of the original but those named has its bits. */
    private static void assertSameBut(FineTuned<?> found, FineTuned<?> original, String... fresh) {
        final Map<String, float[]> theirs = Jobs.weights(original);
        Jobs.weights(found).forEach((name, values) -> {
            if (!List.of(fresh).contains(name)) {
                assertThat(values).as(name).isEqualTo(theirs.get(name));
            }
        });
    }

    @Test
    void gammaAndBetaAreTheWeightAndBiasOfNorms() {
        try (FineTuned<Text> original = whole(Jobs.model(MODEL));
                FineTuned<Text> old = whole(renamed(MODEL, name -> Optional.of(tensorFlow(name))))) {
            assertThat(old.loadReport().isComplete()).isTrue();
            assertSameBut(old, original);
        }
    }

    @Test
    void namesMayLackTheBaseModelsPrefix() {
        try (FineTuned<Text> original = whole(Jobs.model(MODEL));
                FineTuned<Text> base = whole(renamed(MODEL, name -> Optional.of(bare(tensorFlow(name)))))) {
            assertThat(base.loadReport().isComplete()).isTrue();
            assertSameBut(base, original);
        }
    }

    @Test
    void aBaseModelWithoutPoolerGetsANewOneAndSaysSo() {
        final Path checkpoint = renamed(
                MODEL,
                name -> name.contains("pooler") || name.startsWith("classifier")
                        ? Optional.empty()
                        : Optional.of(bare(name)));
        try (FineTuned<Text> original = open(Jobs.model(MODEL));
                FineTuned<Text> base = open(checkpoint)) {
            final LoadReport report = base.loadReport();
            assertThat(report.newlyInitialized()).containsExactlyInAnyOrder(FRESH);
            assertThat(report.missing()).containsExactlyInAnyOrder(FRESH);
            assertThat(report.unexpected()).isEmpty();
            assertThat(report.summary()).contains("bert.pooler.dense.weight", "train the model");
            assertSameBut(base, original, FRESH);
        }
    }

    @Test
    void theHeadOfAPretrainedModelIsLeftOutAndSaidToBe() {
        try (FineTuned<Text> pretrained = open(renamed("bert-masked-lm", name -> Optional.of(tensorFlow(name))))) {
            final LoadReport report = pretrained.loadReport();
            assertThat(report.newlyInitialized()).containsExactlyInAnyOrder(FRESH);
            assertThat(report.unexpected())
                    .isNotEmpty()
                    .allMatch(name -> name.startsWith("cls."))
                    .contains("cls.predictions.transform.LayerNorm.gamma");
        }
    }

    @Test
    void positionIdsOfOldVersionsMeanNothing() {
        final Path checkpoint = renamed(
                MODEL, name -> Optional.of(name.equals("classifier.bias") ? "bert.embeddings.position_ids" : name));
        try (FineTuned<Text> old = open(checkpoint)) {
            assertThat(old.loadReport().unexpected()).containsExactly("classifier.weight"); // Of other classes.
            assertThat(old.loadReport().newlyInitialized()).containsExactly("classifier.weight", "classifier.bias");
        }
    }

    @Test
    void aHeadForOtherClassesIsNewAndTheReportSaysWhy() {
        try (FineTuned<Text> two = FineTuner.from(Jobs.model(MODEL))
                .head("bad", "good")
                .maxLength(32)
                .untrained(Text.class)) {
            assertThat(two.loadReport().mismatched())
                    .extracting(LoadReport.Mismatch::toString)
                    .containsExactlyInAnyOrder(
                            "classifier.weight: [3, 48] in the checkpoint, [2, 48] in the network",
                            "classifier.bias: [3] in the checkpoint, [2] in the network");
            assertThat(two.loadReport().newlyInitialized())
                    .containsExactlyInAnyOrder("classifier.weight", "classifier.bias");
        }
    }

    @Test
    void anEncoderOfAnotherShapeIsRefusedByTheTensorsName() {
        final Path checkpoint = Checkpoints.configured(
                MODEL, folder.resolve("wide"), config -> config.addProperty("intermediate_size", 100));
        assertThatThrownBy(() -> open(checkpoint))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "bert.encoder.layer.0.intermediate.dense.weight", "[96, 48]", "[100, 48]", "config.json");
    }

    @Test
    void anEncoderThatLacksATensorIsRefusedByItsName() {
        final Path checkpoint = renamed(
                MODEL, name -> name.contains("layer.1.attention.self.key.bias") ? Optional.empty() : Optional.of(name));
        assertThatThrownBy(() -> open(checkpoint))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("bert.encoder.layer.1.attention.self.key.bias", "model.safetensors");
        final Path deeper = Checkpoints.configured(
                MODEL, folder.resolve("deep"), config -> config.addProperty("num_hidden_layers", 4));
        assertThatThrownBy(() -> open(deeper))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("bert.encoder.layer.3.");
    }

    /** A masked-language model with an output layer stored beside the embeddings that it is tied to. */
    private Path withOutputLayer(String to, double factor) {
        return Checkpoints.changed("bert-masked-lm", folder.resolve(to), tensors -> {
            final Tensor words = tensors.get("bert.embeddings.word_embeddings.weight");
            tensors.put("cls.predictions.decoder.weight", words.mul(new Scalar(factor)));
        });
    }

    @Test
    void anOutputLayerThatIsTiedButStoredWithOtherValuesIsRefused() {
        final Path apart = withOutputLayer("apart", 2);
        assertThatThrownBy(() -> maskedLm(apart).close())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "cls.predictions.decoder.weight",
                        "bert.embeddings.word_embeddings.weight",
                        "different values",
                        "tie_word_embeddings");
        try (FineTuned<Text> classifier = open(apart)) { // Which has no such layer.
            assertThat(classifier.loadReport().unexpected()).contains("cls.predictions.decoder.weight");
        }
        Checkpoints.configure(apart, config -> config.addProperty("tie_word_embeddings", false));
        try (FineTuned<Text> untied = maskedLm(apart);
                FineTuned<Text> tied = maskedLm(withOutputLayer("copied", 1))) {
            assertThat(Jobs.weights(untied)).containsKey("cls.predictions.decoder.weight");
            assertThat(Jobs.weights(tied)).doesNotContainKey("cls.predictions.decoder.weight");
        }
    }

    private static FineTuned<Text> maskedLm(Path directory) {
        return FineTuner.from(directory).head(Heads.maskedLm()).maxLength(32).untrained(Text.class);
    }
}
