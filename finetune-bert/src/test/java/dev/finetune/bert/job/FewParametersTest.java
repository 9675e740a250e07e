package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Heads;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** BitFit, IA3, DoRA: little is trained, and it learns. */
class FewParametersTest {
    @TempDir
    private Path folder;

    @Test
    void bitFitMovesBiasesAndTheHeadAndNothingElse() {
        try (FineTuned<Text> before =
                        Jobs.classifier().freeze(Freeze.allButBiases()).untrained(Text.class);
                FineTuned<Text> after =
                        Jobs.classifier().freeze(Freeze.allButBiases()).fitAll(Jobs.data(32, 1))) {
            final Map<String, float[]> start = Jobs.weights(before);
            Jobs.weights(after).forEach((name, values) -> {
                final boolean free = name.endsWith(".bias") || name.startsWith("classifier") || name.contains("pooler");
                assertThat(Arrays.equals(values, start.get(name))).as(name).isEqualTo(!free);
            });
        }
    }

    @Test
    void everyWayLearnsIsShownAndIsTheSameWhenLoadedAgain() {
        final Map<String, UnaryOperator<FineTuner>> ways = Map.of(
                "ia3", tuner -> tuner.ia3(Ia3.usual()),
                "ia3 of all", tuner -> tuner.ia3(Ia3.usual().allLinear()),
                "dora", tuner -> tuner.lora(Lora.rank(4).withDora().dropout(0.1)),
                "all linear", tuner -> tuner.lora(Lora.rank(4).allLinear().biases(Lora.Biases.LORA_ONLY)),
                "biases", tuner -> tuner.lora(Lora.rank(4).biases(Lora.Biases.LORA_ONLY)),
                "ranks",
                        tuner -> tuner.lora(Lora.rank(4)
                                .ranks(Map.of("0\\.attention.*", 2, "value", 6))
                                .alphas(Map.of("query", 3.0))),
                "pattern", tuner -> tuner.lora(Lora.rank(4).targetsMatching(".*layer\\.2\\..*(query|value)")));
        ways.forEach((name, way) -> {
            final FineTuner tuner = way.apply(Jobs.classifier().lr(1e-2).epochs(8));
            try (FineTuned<Text> tuned = tuner.fit(Jobs.data(160, 1), Jobs.data(40, 2))) {
                assertThat(tuned.evaluation().get("accuracy")).as(name).isGreaterThan(0.9);
                tuned.saveAdapter(folder.resolve(name));
                try (FineTuned<Text> again =
                        Jobs.classifier().adapter(folder.resolve(name)).untrained(Text.class)) {
                    assertThat(again.evaluate(Jobs.data(40, 2)).get("loss"))
                            .isEqualTo(tuned.evaluate(Jobs.data(40, 2)).get("loss"));
                    assertThat(again.summary().replace(", new", ""))
                            .isEqualTo(tuned.summary().replace(", new", ""));
                }
            }
        });
    }

    @Test
    void ranksAndScalesOfSomeLayersAreThoseOfTheFirstPatternThatEndsTheirName() {
        final Map<String, Integer> ranks = new LinkedHashMap<>();
        ranks.put("layer\\.1\\..*", 2);
        ranks.put("value", 6);
        final Lora lora = Lora.rank(4).alpha(8).ranks(ranks).alphas(Map.of("query|key", 3.0));
        assertThat(lora.rank("bert.encoder.layer.1.attention.self.value")).isEqualTo(2);
        assertThat(lora.rank("bert.encoder.layer.11.attention.self.value")).isEqualTo(6);
        assertThat(lora.rank("value")).isEqualTo(6);
        assertThat(lora.rank("bert.encoder.layer.0.some_value")).isEqualTo(4);
        assertThat(lora.scale("bert.encoder.layer.1.attention.self.query")).isEqualTo(1.5);
        assertThat(lora.scale("bert.encoder.layer.0.attention.self.query")).isEqualTo(0.75);
        assertThat(lora.scale("bert.encoder.layer.0.attention.output.dense")).isEqualTo(2);
        assertThat(lora.rankStabilised(true).scale("bert.encoder.layer.1.attention.self.query"))
                .isCloseTo(3 / Math.sqrt(2), within(1e-12));
    }

    @Test
    void mergedInMemoryItPredictsTheSameAndUnmergedItIsWhatItWas() throws IOException {
        final Map<String, UnaryOperator<FineTuner>> ways = Map.of(
                "ia3", tuner -> tuner.ia3(Ia3.usual()),
                "lora", tuner -> tuner.lora(Lora.rank(4)),
                "embeddings", tuner -> tuner.lora(Lora.rank(4).targets("word_embeddings", "value")),
                "dora", tuner -> tuner.lora(Lora.rank(4).withDora()));
        ways.forEach((name, way) -> {
            try (FineTuned<Text> tuned = way.apply(Jobs.classifier().lr(1e-2)).fitAll(Jobs.data(32, 1))) {
                final double beside = tuned.evaluate(Jobs.data(40, 2)).get("loss");
                final Map<String, float[]> before = Jobs.weights(tuned);
                tuned.save(folder.resolve(name + "-beside"));
                tuned.mergeAdapter();
                tuned.mergeAdapter();
                assertThat(Jobs.weights(tuned)).usingRecursiveComparison().isNotEqualTo(before);
                assertThat(tuned.evaluate(Jobs.data(40, 2)).get("loss")).isCloseTo(beside, within(1e-5));
                tuned.save(folder.resolve(name + "-merged"));
                assertThat(folder.resolve(name + "-merged/model.safetensors"))
                        .hasSameBinaryContentAs(folder.resolve(name + "-beside/model.safetensors"));
                tuned.unmergeAdapter();
                tuned.unmergeAdapter();
                assertThat(Jobs.weights(tuned)).usingRecursiveComparison().isEqualTo(before);
                assertThat(tuned.evaluate(Jobs.data(40, 2)).get("loss")).isEqualTo(beside);
            }
        });
        try (FineTuned<Text> plain = Jobs.classifier().untrained(Text.class)) {
            assertThatThrownBy(plain::mergeAdapter)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("no adapter");
        }
    }

    @Test
    void allOfAHeadThatStartsAnewIsTrainedAndSavedWithTheAdapter() {
        final FineTuner tuner = FineTuner.from(Jobs.model("distilbert-sequence-classification"))
                .head("bad", "good")
                .maxLength(32)
                .lr(1e-2);
        try (FineTuned<Text> tuned = tuner.lora(Lora.rank(2)).fitAll(Jobs.data(32, 1))) {
            tuned.saveAdapter(folder.resolve("distilled"));
            assertThat(tuned.assembly().network().trained())
                    .extracting(parameter -> parameter.name())
                    .contains("pre_classifier.weight", "classifier.bias");
            try (FineTuned<Text> again =
                    tuner.seed(7).adapter(folder.resolve("distilled")).untrained(Text.class)) {
                assertThat(again.evaluate(Jobs.data(20, 2)).get("loss"))
                        .isEqualTo(tuned.evaluate(Jobs.data(20, 2)).get("loss"));
            }
        }
    }

    @Test
    void whatAnAdapterAsksForAndIsNotThereIsRefusedByName() throws IOException {
        refuses(
                "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 2, \"lora_dropout\": 0, \"bias\": \"some\"}",
                "some");
        refuses(
                "{\"peft_type\": \"LORA\", \"r\": 2, \"lora_alpha\": 2, \"lora_dropout\": 0,"
                        + " \"layers_to_transform\": [1]}",
                "layers_to_transform");
        refuses("{\"peft_type\": \"VERA\"}", "VERA");
    }

    @Test
    void allLinearIsEveryLinearLayerButThoseThatAreTrainedWhole() throws IOException {
        try (FineTuned<Text> bert =
                Jobs.classifier().lora(Lora.rank(2).allLinear()).untrained(Text.class)) {
            final Set<String> adapted = bert.assembly().network().adaptedLayers();
            assertThat(adapted)
                    .hasSize(3 * 6 + 1)
                    .contains("bert.pooler.dense", "bert.encoder.layer.2.intermediate.dense")
                    .doesNotContain("classifier", "bert.embeddings.word_embeddings");
            bert.saveAdapter(folder.resolve("names"));
            assertThat(config(folder.resolve("names")).getAsJsonArray("target_modules"))
                    .extracting(JsonElement::getAsString)
                    .containsExactlyElementsOf(adapted);
        }
        final FineTuner roberta =
                FineTuner.from(Jobs.model("roberta-sequence-classification")).head("bad", "good");
        for (Lora lora : List.of(Lora.rank(2).allLinear(), Lora.rank(2).targets("dense"))) {
            try (FineTuned<Text> whole = roberta.lora(lora).untrained(Text.class)) {
                assertThat(whole.assembly().network().adaptedLayers()).noneMatch(name -> name.startsWith("classifier"));
            }
        }
    }

    @Test
    void whatIa3CanNotDoIsRefusedByName() {
        assertThatThrownBy(() -> Ia3.usual().targets("query", "value").feedForward("dense"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("[dense] aren't all in [query, value]");
        assertThatThrownBy(() ->
                        Jobs.classifier().ia3(Ia3.usual().feedForward("dense")).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("[dense] aren't all in [key, value");
        assertThatThrownBy(() -> Jobs.classifier()
                        .ia3(Ia3.usual().targets("word_embeddings"))
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("embeddings.word_embeddings is an embedding: name other layers");
    }

    @Test
    void anAdaptedEmbeddingBeginsAsItWasLearnsAndIsRefusedWhereItIsTheOutputLayerToo() {
        final FineTuner tuner = Jobs.classifier().lr(1e-2);
        final Lora lora = Lora.rank(4).targets("word_embeddings").dropout(0.5);
        try (FineTuned<Text> plain = tuner.untrained(Text.class);
                FineTuned<Text> adapted = tuner.lora(lora).untrained(Text.class);
                FineTuned<Text> trained = tuner.lora(lora).epochs(8).fitAll(Jobs.data(160, 1))) {
            assertThat(adapted.evaluate(Jobs.data(20, 2)).get("loss"))
                    .isEqualTo(plain.evaluate(Jobs.data(20, 2)).get("loss"));
            assertThat(trained.evaluate(Jobs.data(40, 2)).get("accuracy")).isGreaterThan(0.9);
        }
        assertThatThrownBy(() -> FineTuner.from(Jobs.model("bert-masked-lm"))
                        .head(Heads.maskedLm())
                        .lora(lora)
                        .untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(
                        "bert.embeddings.word_embeddings.weight is the weight of the masked-language head");
    }

    private static JsonObject config(Path adapter) throws IOException {
        return JsonParser.parseString(Files.readString(adapter.resolve("adapter_config.json")))
                .getAsJsonObject();
    }

    private void refuses(String config, String named) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), config);
        assertThatThrownBy(() -> Jobs.classifier().adapter(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("adapter_config.json")
                .hasMessageContaining(named);
    }
}
