package dev.finetune.bert.job;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.Reference;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.head.Prediction;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters of encoders without a head, against what PEFT 0.21 gives with them (make_adapters.py). */
class EncoderAdaptersTest {
    static final Path ADAPTERS = Path.of("src/test/resources/dev/finetune/bert/job/encoder-adapters");

    private static FineTuner base(String family) {
        return FineTuner.from(Jobs.model(family + "-sequence-classification"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bert", "distilbert", "roberta", "electra"})
    void anEmbedderGivesTheReferencesVector(String family) throws IOException {
        final JsonArray expected = JsonParser.parseString(Files.readString(ADAPTERS.resolve("expected.json")))
                .getAsJsonObject()
                .getAsJsonArray(family);
        try (Embedder<String> embedder =
                base(family).adapter(ADAPTERS.resolve(family)).embedder(Pooling.MEAN)) {
            assertClose(embedder.embed("the product works on the screen"), Reference.floats(expected), 2e-5, "vector");
        }
    }

    @Test
    void theAdapterGoesOnBelowAHeadAndIsSavedWithItsLayersByName(@TempDir Path folder) throws IOException {
        final Text text = Text.of("the product works on the screen");
        final String expected;
        try (FineTuned<Text> tuned =
                base("roberta").adapter(ADAPTERS.resolve("roberta")).untrained(Text.class)) {
            expected = tuned.predict(text).probabilities().toString();
            try (FineTuned<Text> plain = base("roberta").untrained(Text.class)) {
                assertThat(plain.predict(text).probabilities().toString()).isNotEqualTo(expected);
            }
            tuned.saveAdapter(folder);
        }
        // The regular expression says "encoder", where the whole name of a layer is "roberta.encoder..." now.
        assertThat(Files.readString(folder.resolve("adapter_config.json")))
                .contains("\"roberta.encoder.layer.0.attention.self.query\"");
        try (FineTuned<Text> again = base("roberta").adapter(folder).untrained(Text.class)) {
            assertThat(again.predict(text).probabilities().toString()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"bert, CLS", "distilbert, CLS", "distilbert, MEAN", "roberta, MEAN", "electra, CLS", "electra, MEAN"})
    void anEmbeddersAdapterIsSavedAsPeftNamesThatOfABareEncoder(String family, Pooling pooling, @TempDir Path folder)
            throws IOException {
        final Text text = Text.of("the product works on the screen");
        final float[] expected;
        try (FineTuned<Text> tuned = base(family)
                .head(Heads.features(pooling))
                .adapter(ADAPTERS.resolve(family))
                .untrained(Text.class)) {
            expected = tuned.predict(text).as(Prediction.Vector.class).vector();
            tuned.saveAdapter(folder);
        }
        final JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("adapter_config.json")))
                .getAsJsonObject();
        assertThat(config.get("task_type").getAsString()).isEqualTo("FEATURE_EXTRACTION");
        assertThat(config.get("target_modules")).isEqualTo(theirs(family).get("target_modules"));
        final Set<String> read = names(ADAPTERS.resolve(family));
        read.removeIf(name -> name.contains(".pooler.")); // Which no vector of ours is read from.
        assertThat(names(folder)).isEqualTo(read);
        try (Embedder<String> again = base(family).adapter(folder).embedder(pooling)) {
            assertThat(again.embed(text.text())).isEqualTo(expected);
        }
    }

    /** The layers are called otherwise in the adapter's files, so that a pattern for their whole names wouldn't match. */
    @Test
    void ranksAndAlphasOfAnEmbeddersAdapterAreSavedLayerByLayer(@TempDir Path folder) throws IOException {
        final FineTuner tuner = FineTuner.from(Jobs.model("bert-sequence-classification"))
                .maxLength(32)
                .lr(1e-2)
                .head(Heads.features(Pooling.MEAN));
        final Lora lora = Lora.rank(2)
                .ranks(Map.of("bert\\.encoder\\.layer\\.0\\..*", 3))
                .alphas(Map.of("bert\\.encoder\\.layer\\.1\\..*", 64.0));
        final String text = "the product works on the screen";
        try (FineTuned<Text> tuned = tuner.lora(lora).fitContrastive(Jobs.data(8, 1))) {
            final float[] expected =
                    tuned.predict(Text.of(text)).as(Prediction.Vector.class).vector();
            tuned.saveAdapter(folder);
            try (Embedder<String> again = FineTuner.from(Jobs.model("bert-sequence-classification"))
                            .maxLength(32)
                            .adapter(folder)
                            .embedder(Pooling.MEAN);
                    FineTuned<Text> base = tuner.untrained(Text.class)) {
                assertThat(again.embed(text)).isEqualTo(expected);
                assertThat(base.predict(Text.of(text))
                                .as(Prediction.Vector.class)
                                .vector())
                        .isNotEqualTo(expected);
            }
        }
        final JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("adapter_config.json")))
                .getAsJsonObject();
        assertThat(config.getAsJsonObject("rank_pattern").keySet())
                .containsExactlyInAnyOrder(
                        "encoder\\.layer\\.0\\.attention\\.self\\.query",
                        "encoder\\.layer\\.0\\.attention\\.self\\.value");
    }

    private static JsonObject theirs(String family) throws IOException {
        return JsonParser.parseString(Files.readString(ADAPTERS.resolve(family).resolve("adapter_config.json")))
                .getAsJsonObject();
    }

    private static Set<String> names(Path adapter) {
        try (Weights weights = Weights.open(adapter.resolve("adapter_model.safetensors"))) {
            return new TreeSet<>(weights.names());
        }
    }

    @Test
    void anAdapterOfOtherLayersThanTheEncodersIsRefused() {
        assertThatThrownBy(() ->
                        base("electra").adapter(ADAPTERS.resolve("distilbert")).embedder(Pooling.MEAN))
                .isInstanceOf(FinetuneException.class);
    }
}
