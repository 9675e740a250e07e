package dev.finetune.bert.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.explain.Attribution;
import dev.finetune.explain.Explain;
import dev.finetune.explain.ExplanationMethod;
import dev.finetune.testkit.Numbers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Attributions of every family are those that Captum's formulas give with Transformers' networks in float64; make_attributions.py
 * beside the numbers says how they were made, without Captum.
 */
class AttributionCasesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Path CASES = Path.of("src/test/resources/dev/finetune/bert/explain/attributions.json");

    /** Of the same formulas in float32: a tenth of what is asked for, 1e-4. */
    private static final double NEAR = 1e-5;

    @TestFactory
    Stream<DynamicTest> everyFamilyIsExplainedAsByCaptumsFormulas() {
        return cases().stream()
                .map(one -> dynamicTest(
                        one.get("model").getAsString()
                                + (one.get("adapter").isJsonNull() ? "" : " with an adapter of " + one.get("adapter")),
                        () -> check(one)));
    }

    private static List<JsonObject> cases() {
        try {
            final JsonObject json =
                    JsonParser.parseString(Files.readString(CASES)).getAsJsonObject();
            return json.getAsJsonArray("cases").asList().stream()
                    .map(JsonElement::getAsJsonObject)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(JsonObject golden) {
        final FineTuner base =
                FineTuner.from(GOLDEN.resolve(golden.get("model").getAsString()).resolve("model"));
        final FineTuner tuner = golden.get("adapter").isJsonNull()
                ? base
                : base.adapter(GOLDEN.resolve(golden.get("adapter").getAsString()));
        final List<String> texts = strings(golden, "texts");
        final Text text = texts.size() == 1 ? Text.of(texts.get(0)) : Text.pair(texts.get(0), texts.get(1));
        try (FineTuned<Text> model = tuner.untrained(Text.class)) {
            final Attribution fifty = model.explain(text, Explain.integratedGradients());
            checkTokens(golden, fifty);
            assertThat(fifty.score()).isCloseTo(number(golden, "score"), within(NEAR));
            assertThat(fifty.baselineScore().orElseThrow()).isCloseTo(number(golden, "baseline_score"), within(NEAR));
            checkShares(golden, "integrated_gradients_50", fifty);
            final int target = golden.get("target").getAsInt();
            check(
                    golden,
                    model,
                    text,
                    "integrated_gradients_7",
                    Explain.integratedGradients().steps(7).target(target));
            check(
                    golden,
                    model,
                    text,
                    "gradient_times_input",
                    Explain.gradientTimesInput().target(target));
            check(golden, model, text, "occlusion_by_mask", Explain.occlusion().target(target));
            check(
                    golden,
                    model,
                    text,
                    "occlusion_by_removal",
                    Explain.occlusion().byRemoval().atOnce(3));
        }
    }

    private static void check(
            JsonObject golden, FineTuned<Text> model, Text text, String key, ExplanationMethod<Attribution> method) {
        checkShares(golden, key, model.explain(text, method));
    }

    private static void checkTokens(JsonObject golden, Attribution attribution) {
        assertThat(attribution.tokens()).map(Attribution.Token::piece).isEqualTo(strings(golden, "tokens"));
        final List<List<Integer>> places = new ArrayList<>();
        golden.getAsJsonArray("offsets")
                .forEach(pair -> places.add(pair.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsInt)
                        .toList()));
        assertThat(attribution.tokens())
                .map(token -> List.of(token.start(), token.end()))
                .isEqualTo(places);
        assertThat(attribution.tokens())
                .map(Attribution.Token::special)
                .isEqualTo(golden.getAsJsonArray("special").asList().stream()
                        .map(JsonElement::getAsBoolean)
                        .toList());
    }

    private static void checkShares(JsonObject golden, String key, Attribution attribution) {
        final List<JsonElement> expected = golden.getAsJsonArray(key).asList();
        final float[] theirs = new float[expected.size()];
        final float[] ours = new float[attribution.tokens().size()];
        for (int i = 0; i < theirs.length; i++) {
            theirs[i] = expected.get(i).getAsFloat();
        }
        for (int i = 0; i < ours.length; i++) {
            ours[i] = (float) attribution.tokens().get(i).attribution();
        }
        Numbers.assertClose(ours, theirs, NEAR, key);
    }

    private static double number(JsonObject golden, String key) {
        return golden.get(key).getAsDouble();
    }

    private static List<String> strings(JsonObject golden, String key) {
        return golden.getAsJsonArray(key).asList().stream()
                .map(JsonElement::getAsString)
                .toList();
    }
}
