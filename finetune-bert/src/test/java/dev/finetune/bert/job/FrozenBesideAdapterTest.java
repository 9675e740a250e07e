package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.Adapters;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.AdapterParameters;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import dev.finetune.search.Auto;
import dev.finetune.search.AutoResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Freezing speaks of the base: an adapter learns whatever is frozen, and what can't be meant is refused. */
class FrozenBesideAdapterTest {
    @TempDir
    private Path folder;

    private static List<String> trained(FineTuner tuner) {
        try (FineTuned<Text> model = tuner.untrained(Text.class)) {
            return model.assembly().network().trained().stream()
                    .map(Parameter::name)
                    .toList();
        }
    }

    @Test
    void freezeRulesLeaveAnAdaptersAdditionsTrained() {
        final FineTuner lora = Jobs.classifier().lora(Lora.rank(2));
        final FineTuner ia3 = Jobs.classifier().ia3(Ia3.usual());
        for (Freeze freeze : List.of(Freeze.allButHead(), Freeze.firstLayers(2), Freeze.matching("query|value"))) {
            assertThat(trained(lora.freeze(freeze))).as("%s", freeze).isEqualTo(trained(lora));
            assertThat(trained(ia3.freeze(freeze))).as("%s", freeze).isEqualTo(trained(ia3));
        }
        assertThat(trained(lora.freeze(Freeze.where(name -> true))))
                .hasSize(3 * 2 * 2)
                .allMatch(name -> name.startsWith(AdapterParameters.PREFIX));
        assertThatThrownBy(() -> trained(lora.freeze(Freeze.matching("lora_A"))))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("names no parameter of the model itself");
    }

    @Test
    void bitFitBesideAnAdapterIsRefusedWhicheverIsSaidFirst() {
        final List<UnaryOperator<FineTuner>> pairs = List.of(
                tuner -> tuner.lora(Lora.rank(2)).freeze(Freeze.allButBiases()),
                tuner -> tuner.freeze(Freeze.allButBiases()).ia3(Ia3.usual()),
                tuner -> tuner.freeze(Freeze.allButBiases()).lora(Lora.rank(2)));
        for (UnaryOperator<FineTuner> pair : pairs) {
            assertThatThrownBy(() -> pair.apply(Jobs.classifier()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("Freeze.allButBiases()")
                    .hasMessageContaining("leave one of them out");
        }
    }

    @Test
    void automaticTuningOfAnAdapterTriesNothingThatOnlyFreezesMoreOfItsBase() {
        try (AutoResult<Text> result = Auto.of(
                        Jobs.classifier().lora(Lora.rank(2)).epochs(1))
                .within(Duration.ofSeconds(4))
                .fit(Jobs.data(32, 5), Jobs.data(16, 6))) {
            assertThat(result.attempts())
                    .hasSizeGreaterThan(1)
                    .extracting(AutoResult.Attempt::name)
                    .noneMatch(name -> name.contains("frozen") || name.contains("head only"));
        }
    }

    @Test
    void whatWasUnfrozenBesideAnAdapterIsNotLostSilentlyWhenOnlyTheAdapterIsSaved() {
        final FineTuner tuner = Jobs.classifier().epochs(1);
        final Dataset<Text> data = Jobs.data(16, 1);
        try (FineTuned<Text> tuned =
                tuner.lora(Lora.rank(2)).unfreeze(Freeze.matching("LayerNorm")).fitAll(data)) {
            assertThatThrownBy(() -> tuned.saveAdapter(folder))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("bert.embeddings.LayerNorm.weight")
                    .hasMessageContaining("and 10 more were unfrozen and trained")
                    .hasMessageContaining("alsoTrained(...)")
                    .hasMessageContaining("save(...)");
            assertThat(folder).isEmptyDirectory();
        }
        try (FineTuned<Text> tuned =
                tuner.lora(Lora.rank(2).alsoTrained("LayerNorm")).fitAll(data)) {
            tuned.saveAdapter(folder);
            try (FineTuned<Text> again = Jobs.classifier().adapter(folder).untrained(Text.class)) {
                assertThat(again.evaluate(data).get("loss"))
                        .isEqualTo(tuned.evaluate(data).get("loss"));
            }
        }
    }

    @Test
    void whatTheCheckpointLacksIsTrainedAndSavedWithTheAdapterWhateverItIsCalled() throws IOException {
        final FineTuner headless = FineTuner.from(Jobs.model("bert-masked-lm"))
                .head("bad", "good")
                .maxLength(32)
                .lr(1e-2);
        final Map<String, PeftMethod> methods = Map.of(
                "lora",
                Lora.rank(2),
                "all linear",
                Lora.rank(2).allLinear(),
                "ia3",
                Ia3.usual().allLinear());
        for (String name : methods.keySet()) {
            final FineTuner tuner = methods.get(name) instanceof Lora lora
                    ? headless.lora(lora)
                    : headless.ia3((Ia3) methods.get(name));
            try (FineTuned<Text> tuned = tuner.seed(7).fitAll(Jobs.data(32, 1))) {
                assertThat(tuned.assembly().network().adaptedLayers()).doesNotContain("bert.pooler.dense");
                tuned.saveAdapter(folder.resolve(name));
                assertThat(Files.readString(folder.resolve(name).resolve("adapter_config.json")))
                        .contains("\"bert.pooler.dense\"");
                try (FineTuned<Text> again =
                        headless.adapter(folder.resolve(name)).untrained(Text.class)) {
                    assertThat(again.provenance().warnings()).isEmpty();
                    assertThat(again.evaluate(Jobs.data(20, 2)).get("loss"))
                            .as(name)
                            .isEqualTo(tuned.evaluate(Jobs.data(20, 2)).get("loss"));
                }
            }
        }
        assertThat(trained(Jobs.classifier().head(Heads.maskedLm()).lora(Lora.rank(2))))
                .contains("cls.predictions.transform.dense.weight", "cls.predictions.bias");
    }

    @Test
    void anAdapterWithoutTheHeadIsShownAsRandomAndRefusedWhereItCouldOnlyPredict() {
        final FineTuner language = FineTuner.from(Jobs.model("bert-masked-lm")).maxLength(32);
        try (FineTuned<Text> adapted =
                language.head(Heads.maskedLm()).lora(Lora.rank(2)).untrained(Text.class)) {
            adapted.saveAdapter(folder);
        }
        final Head head = Heads.classes("bad", "good");
        try (FineTuned<Text> guesses = language.head(head).adapter(folder).untrained(Text.class);
                Adapters<Text> tasks = Adapters.over(language, Text.class)) {
            assertThat(guesses.provenance().warnings())
                    .singleElement()
                    .asString()
                    .contains("bert.pooler.dense.weight", "classifier.bias", "random");
            assertThatThrownBy(() -> tasks.add("mood", head, folder))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("predictions would be random");
            assertThat(tasks.names()).isEmpty();
        }
        try (FineTuned<Text> tuned =
                language.head(head).adapter(folder).lr(1e-2).epochs(8).fitAll(Jobs.data(160, 1))) {
            assertThat(tuned.evaluate(Jobs.data(40, 2)).get("accuracy")).isGreaterThan(0.9);
            tuned.saveAdapter(folder.resolve("mood"));
        }
        try (Adapters<Text> tasks = Adapters.over(language, Text.class)) {
            tasks.add("mood", head, folder.resolve("mood"));
            assertThat(tasks.evaluate("mood", Jobs.data(40, 2)).get("accuracy")).isGreaterThan(0.9);
        }
    }

    @Test
    void anAdapterOfARandomBaseIsNotSavedForNobodyElseHasThatBase() {
        try (FineTuned<Text> random = Jobs.classifier()
                .initialization(i -> i.randomWeights(true))
                .lora(Lora.rank(2))
                .untrained(Text.class)) {
            assertThat(random.assembly().network().adaptedLayers()).hasSize(6);
            assertThatThrownBy(() -> random.saveAdapter(folder))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("started at random");
        }
    }

    @Test
    void namesOfWhatIsTrainedWholeAddToTheHeadMayBeDottedAndMustBeThere() {
        assertThat(trained(Jobs.classifier().lora(Lora.rank(2).alsoTrained("pooler.dense", "0.output.LayerNorm"))))
                .contains("classifier.weight", "bert.pooler.dense.bias", "bert.encoder.layer.0.output.LayerNorm.weight")
                .doesNotContain("bert.encoder.layer.1.output.LayerNorm.weight");
        assertThat(trained(Jobs.classifier().ia3(Ia3.usual().alsoTrained("pooler"))))
                .contains("classifier.weight", "bert.pooler.dense.bias");
        for (String wrong : List.of("clasifier", "weight", "dense.weight")) {
            assertThatThrownBy(() -> trained(Jobs.classifier().lora(Lora.rank(2).alsoTrained("pooler", wrong))))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("no layer's name ends with " + wrong);
        }
    }
}
