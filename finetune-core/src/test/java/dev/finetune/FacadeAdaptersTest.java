package dev.finetune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.letters.Letters;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapters on a family of core's own tests. */
class FacadeAdaptersTest {
    private static final Text WORD = Text.of("pony");

    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path base;

    @BeforeAll
    static void writeBase() {
        base = Letters.base(shared);
    }

    private static FineTuner tuner() {
        return Letters.tuner(base).lr(0.05);
    }

    private static FineTuner adapted(String method) {
        return method.equals("lora") ? tuner().lora(Lora.rank(2)) : tuner().ia3(Ia3.usual());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora", "ia3"})
    void additionsAndTheLastLayerLearnAloneAndAreSavedLoadedAndMerged(String method) {
        try (FineTuned<Text> tuned = adapted(method).fit(Letters.data(120, 1));
                FineTuned<Text> start = adapted(method).untrained(Text.class)) {
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.8);
            assertThat(tuned.assembly().network().adaptedLayers())
                    .containsExactlyInAnyOrder("letters.layer.0.dense", "letters.layer.1.dense");
            final Map<String, float[]> before = Letters.weights(start);
            Letters.weights(tuned).forEach((name, values) -> {
                final boolean learns = name.contains(method + "_") || name.startsWith("classifier");
                assertThat(Arrays.equals(values, before.get(name))).as(name).isEqualTo(!learns);
            });
            final float[] logits = tuned.predict(WORD).logits().get(0);
            tuned.saveAdapter(folder.resolve("adapter"));
            try (FineTuned<Text> again =
                    Letters.tuner(base).adapter(folder.resolve("adapter")).untrained(Text.class)) {
                assertThat(again.predict(WORD).logits().get(0)).isEqualTo(logits);
            }
            tuned.mergeAdapter();
            assertThat(tuned.predict(WORD).logits().get(0)[0]).isCloseTo(logits[0], within(1e-4f));
            tuned.unmergeAdapter();
            assertThat(tuned.predict(WORD).logits().get(0)).isEqualTo(logits);
            tuned.save(folder.resolve("merged"));
            try (FineTuned<Text> merged = FineTuned.load(folder.resolve("merged"), Text.class)) {
                assertThat(merged.predict(WORD).logits().get(0)[0]).isCloseTo(logits[0], within(1e-4f));
                assertThat(merged.assembly().network().parameters())
                        .extracting(Parameter::name)
                        .noneMatch(name -> name.contains(method + "_"));
            }
        }
    }

    @Test
    void manyAdaptersShareOneBase() {
        for (long seed : new long[] {1, 2}) {
            try (FineTuned<Text> tuned = adapted("lora").seed(seed).epochs(1).fitAll(Letters.data(32, seed))) {
                tuned.saveAdapter(folder.resolve("adapter" + seed));
            }
        }
        try (Adapters<Text> all = Adapters.over(FineTuner.from(base), Text.class)) {
            all.add("first", Heads.classes("early", "late"), folder.resolve("adapter1"));
            all.add("second", Heads.classes("early", "late"), folder.resolve("adapter2"));
            assertThat(all.names()).containsExactly("first", "second");
            assertThat(all.predict("first", WORD).logits().get(0))
                    .isNotEqualTo(all.predict("second", WORD).logits().get(0));
        }
    }

    @Test
    void aModelIsAdaptedInOneWayAndWithoutOneThereIsNoAdapterToSave() {
        final UnaryOperator<FineTuner> lora = tuner -> tuner.lora(Lora.rank(2));
        final UnaryOperator<FineTuner> ia3 = tuner -> tuner.ia3(Ia3.usual());
        for (List<UnaryOperator<FineTuner>> both : List.of(List.of(lora, ia3), List.of(ia3, lora))) {
            assertThatThrownBy(() -> both.get(1).apply(both.get(0).apply(tuner())))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("lora(...)", "ia3(...)");
        }
        assertThatThrownBy(() -> tuner().adapt(Lora.rank(2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("say lora(...) instead");
        assertThatThrownBy(() -> tuner().adapt(Ia3.usual()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("say ia3(...) instead");
        assertThatThrownBy(
                        () -> lora.apply(tuner().preservation(p -> p.l2sp(0.1))).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("l2sp(...)) pulls pretrained weights back, and lora(...) leaves them");
        try (FineTuned<Text> plain = tuner().untrained(Text.class)) {
            assertThatThrownBy(() -> plain.saveAdapter(folder)).isInstanceOf(FinetuneException.class);
            assertThatThrownBy(plain::mergeAdapter).isInstanceOf(FinetuneException.class);
        }
        assertThatThrownBy(() ->
                        tuner().lora(Lora.rank(2).targets("no_such_layer")).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no_such_layer");
    }
}
