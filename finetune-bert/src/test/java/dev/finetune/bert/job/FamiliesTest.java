package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole jobs on the families that were added after BERT and its kin; the numbers are held by the golden cases. */
class FamiliesTest {
    private static final Text TEXT = Text.of("the product works on the screen");

    private static Path model(String family) {
        return Jobs.model(family + "-sequence-classification");
    }

    private static FineTuner tuner(String family) {
        return FineTuner.from(model(family)).head("bad", "good").maxLength(32).lr(2e-3);
    }

    private static Dataset<Text> data() {
        return Jobs.data(24, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xlm-roberta", "mpnet", "albert", "modernbert", "deberta-v2"})
    void aTunedModelIsSavedAndPredictsTheSame(String family, @TempDir Path folder) throws IOException {
        final String expected;
        try (FineTuned<Text> tuned = tuner(family).epochs(1).fitAll(data())) {
            assertThat(Jobs.losses(tuned)).allMatch(Double::isFinite);
            expected = tuned.predict(TEXT).probabilities().toString();
            tuned.save(folder);
        }
        final JsonObject before = JsonParser.parseString(
                        Files.readString(model(family).resolve("config.json")))
                .getAsJsonObject();
        final JsonObject after = JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                .getAsJsonObject();
        assertThat(after.get("architectures")).isEqualTo(before.get("architectures"));
        try (FineTuned<Text> again = FineTuned.load(folder)) {
            assertThat(again.predict(TEXT).probabilities().toString()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "xlm-roberta, self.query, self.value",
        "mpnet, attn.q, attn.v",
        "albert, attention.query, attention.value",
        "modernbert, attn.Wqkv, attn.Wqkv",
        "deberta-v2, self.query_proj, self.value_proj"
    })
    void loraAdaptsQueriesAndValuesIfNothingIsSaid(String family, String query, String value, @TempDir Path folder) {
        final String expected;
        try (FineTuned<Text> tuned = tuner(family).lora(Lora.rank(2)).epochs(1).fitAll(data())) {
            assertThat(tuned.assembly().network().adaptedLayers())
                    .isNotEmpty()
                    .allMatch(layer -> layer.endsWith(query) || layer.endsWith(value));
            expected = tuned.predict(TEXT).probabilities().toString();
            tuned.saveAdapter(folder);
        }
        try (FineTuned<Text> again = tuner(family).adapter(folder).untrained(Text.class)) {
            assertThat(again.predict(TEXT).probabilities().toString()).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "xlm-roberta, output.dense, self.key",
        "mpnet, output.dense, attn.k",
        "albert, ffn_output, attention.key",
        "modernbert, mlp.Wo, attn.Wqkv",
        "deberta-v2, output.dense, self.key_proj"
    })
    void ia3AdaptsKeysValuesAndWhatEndsABlock(String family, String output, String key) {
        try (FineTuned<Text> model = tuner(family).ia3(Ia3.usual()).untrained(Text.class)) {
            assertThat(model.assembly().network().adaptedLayers())
                    .anyMatch(layer -> layer.endsWith(output))
                    .anyMatch(layer -> layer.endsWith(key));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xlm-roberta", "mpnet", "modernbert", "deberta-v2"})
    void frozenLayersStayAndLayersAboveLearn(String family) {
        final Map<String, float[]> before;
        try (FineTuned<Text> untrained = tuner(family).untrained(Text.class)) {
            before = Jobs.weights(untrained);
        }
        try (FineTuned<Text> tuned = tuner(family)
                .freeze(1)
                .preservation(p -> p.layerDecay(0.9))
                .epochs(1)
                .fitAll(data())) {
            final List<String> moved = Jobs.weights(tuned).entrySet().stream()
                    .filter(one -> !Arrays.equals(one.getValue(), before.get(one.getKey())))
                    .map(Map.Entry::getKey)
                    .toList();
            assertThat(moved).noneMatch(name -> name.contains("embeddings") || name.contains("relative"));
            assertThat(moved).noneMatch(name -> name.matches(".*layers?\\.0\\..*"));
            assertThat(moved).anyMatch(name -> name.matches(".*layers?\\.1\\..*"));
        }
    }

    @Test
    void layersThatShareTheirWeightsAreFrozenTogetherOrNotAtAll() {
        assertThatThrownBy(() -> tuner("albert").freeze(1).untrained(Text.class).close())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("layer.1 computes with the same albert.encoder.albert_layer_groups.0")
                .hasMessageContaining("Freeze all the layers that share them, or none");
        try (FineTuned<Text> model = tuner("albert").freeze(3).untrained(Text.class)) {
            assertThat(model.assembly().network().trained())
                    .map(Parameter::name)
                    .allMatch(name -> name.startsWith("classifier.") || name.startsWith("albert.pooler."));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xlm-roberta", "mpnet", "albert", "modernbert", "deberta-v2"})
    void otherHeadsAreTrainedOnTheSameEncoder(String family, @TempDir Path folder) {
        final FineTuner base =
                FineTuner.from(model(family)).maxLength(32).lr(1e-3).epochs(1);
        try (FineTuned<Text> masked = base.head(Heads.maskedLm()).fitAll(Jobs.unlabelled(16, 5))) {
            assertThat(Jobs.losses(masked)).allMatch(Double::isFinite);
            masked.save(folder);
        }
        try (FineTuned<Text> again = FineTuner.from(folder).untrained(Text.class)) {
            assertThat(again.loadReport().newlyInitialized()).isEmpty();
        }
        try (FineTuned<Question> questions =
                base.head(Heads.questionAnswering()).fitAll(Dataset.of(Question.class, List.of(question())))) {
            assertThat(Jobs.losses(questions)).allMatch(Double::isFinite);
        }
        try (Embedder<String> embedder = base.embedder(Pooling.MEAN)) {
            assertThat(embedder.embed("the product")).hasSize(32);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xlm-roberta", "mpnet", "albert", "modernbert", "deberta-v2"})
    void noStepLeavesNativeObjectsBehind(String family) {
        final List<Long> counts = new ArrayList<>();
        final TrainingListener counting = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                counts.add(Pointer.totalCount());
            }
        };
        final long before = Pointer.totalCount();
        tuner(family).epochs(8).listener(counting).fitAll(data()).close();
        assertThat(counts).hasSize(24);
        assertThat(counts.subList(4, counts.size())).containsOnly(counts.get(4));
        assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
    }

    /** config-hub.json says the same as config.json in the keys that files on the hub have. */
    @ParameterizedTest
    @ValueSource(strings = {"modernbert", "deberta-v2"})
    void keysOfOlderFilesMeanTheSame(String family, @TempDir Path folder) throws IOException {
        try (var files = Files.list(model(family))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        Files.copy(
                folder.resolve("config-hub.json"), folder.resolve("config.json"), StandardCopyOption.REPLACE_EXISTING);
        assertThat(folder.resolve("config.json"))
                .hasSameTextualContentAs(model(family).resolve("config-hub.json"));
        try (FineTuned<Text> one = FineTuner.from(model(family)).untrained(Text.class);
                FineTuned<Text> other = FineTuner.from(folder).untrained(Text.class)) {
            assertThat(other.predict(TEXT).logits().get(0))
                    .containsExactly(one.predict(TEXT).logits().get(0));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mpnet, hidden_act, swoosh, hidden_act",
        "albert, hidden_act, swoosh, hidden_act",
        "modernbert, hidden_activation, swoosh, hidden_activation",
        "modernbert, classifier_activation, swoosh, classifier_activation",
        "deberta-v2, hidden_act, swoosh, hidden_act",
        "deberta-v2, pooler_hidden_act, swoosh, pooler_hidden_act",
        "mpnet, pad_token_id, 0, pad_token_id",
        "mpnet, relative_attention_num_buckets, 16, relative_attention_num_buckets",
        "albert, num_hidden_groups, 7, num_hidden_groups",
        "modernbert, classifier_pooling, max, classifier_pooling",
        "modernbert, layer_types, full_attention, layer_types",
        "deberta-v2, pos_att_type, p2p, p2p",
        "deberta-v2, conv_kernel_size, 2, conv_kernel_size",
        "deberta-v2, position_buckets, 1, position_buckets"
    })
    void whatIsNotComputedIsRefusedByName(String family, String key, String value, String named, @TempDir Path folder)
            throws IOException {
        try (var files = Files.list(model(family))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }
        final JsonObject config = JsonParser.parseString(Files.readString(folder.resolve("config.json")))
                .getAsJsonObject();
        config.add(key, value.matches("\\d+") ? JsonParser.parseString(value) : new JsonPrimitive(value));
        Files.writeString(folder.resolve("config.json"), config.toString());
        assertThatThrownBy(() -> FineTuner.from(folder).untrained(Text.class).close())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining(named);
    }

    private static Example<Question> question() {
        return new Example<>(
                new Question("what works", "the product works on the screen"),
                new Label.Answers(List.of(new Label.Answer("the product", 0))));
    }
}
