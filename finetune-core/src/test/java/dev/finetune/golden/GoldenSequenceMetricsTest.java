package dev.finetune.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.metrics.Bleu;
import dev.finetune.metrics.BleuMetrics;
import dev.finetune.metrics.BleuTokens;
import dev.finetune.metrics.ErrorRateMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.PerplexityMetrics;
import dev.finetune.metrics.RougeMetrics;
import dev.finetune.metrics.SequenceMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What sacrebleu and the definitions of ROUGE and error rates say of texts, we say. */
@Tag("golden")
class GoldenSequenceMetricsTest {
    private static final double TOLERANCE = 1e-9;

    @TestFactory
    Stream<DynamicTest> everyNumberOfTheReferenceIsReproduced() {
        final List<DynamicTest> tests = new ArrayList<>();
        GoldenFolders.having("pairs", "corpus", "perplexity").forEach((name, json) -> {
            final List<Pair> pairs = json.getAsJsonArray("pairs").asList().stream()
                    .map(pair -> new Pair(pair.getAsJsonObject()))
                    .toList();
            for (Pair pair : pairs) {
                tests.add(dynamicTest(name + ": \"" + pair.reference() + "\"", pair::agrees));
            }
            final JsonObject corpus = json.getAsJsonObject("corpus");
            tests.add(dynamicTest(name + ": all texts", () -> corpusAgrees(pairs, corpus)));
            corpus.getAsJsonObject("bleu")
                    .entrySet()
                    .forEach(row -> tests.add(dynamicTest(
                            name + ": BLEU " + row.getKey(),
                            () -> bleuAgrees(pairs, row.getKey(), row.getValue().getAsJsonObject()))));
            json.getAsJsonArray("perplexity")
                    .forEach(row -> tests.add(
                            dynamicTest(name + ": perplexity", () -> perplexityAgrees(row.getAsJsonObject()))));
        });
        return tests.stream();
    }

    private record Pair(JsonObject json) {
        String written() {
            return json.get("hypothesis").getAsString();
        }

        String reference() {
            return json.get("reference").getAsString();
        }

        void agrees() {
            final RougeMetrics rouge = new RougeMetrics();
            rouge.add(written(), List.of(reference()));
            for (String name : rouge.result().names()) {
                is(rouge.result(), name, json.getAsJsonObject(name).get("f"));
            }
            final ErrorRateMetrics errors = new ErrorRateMetrics();
            errors.add(written(), reference());
            is(errors.result(), "wer", json.get("wer"));
            is(errors.result(), "cer", json.get("cer"));
            is(bleu(Bleu.usual().ofSentences()), "bleu", json.get("sentence_bleu_effective_order"));
        }

        private Metrics bleu(Bleu settings) {
            final BleuMetrics bleu = new BleuMetrics(settings);
            bleu.add(written(), List.of(reference()));
            return bleu.result();
        }
    }

    private static void is(Metrics metrics, String name, JsonElement expected) {
        if (expected.isJsonNull()) {
            assertThat(metrics.get(name)).isNaN();
        } else {
            assertThat(metrics.get(name)).as(name).isCloseTo(expected.getAsDouble(), within(TOLERANCE));
        }
    }

    private static void corpusAgrees(List<Pair> pairs, JsonObject corpus) {
        final SequenceMetrics all = new SequenceMetrics();
        final BleuMetrics two = new BleuMetrics(Bleu.usual());
        for (Pair pair : pairs) {
            all.add(pair.written(), List.of(pair.reference()));
            two.add(
                    pair.written(),
                    List.of(
                            pair.reference(),
                            new StringBuilder(pair.reference()).reverse().toString()));
        }
        for (String name : List.of("wer", "cer", "rouge1", "rouge2", "rougeL")) {
            is(all.result(), name, corpus.get(name));
        }
        is(
                all.result(),
                "bleu",
                corpus.getAsJsonObject("bleu").getAsJsonObject("{}").get("score"));
        is(two.result(), "bleu", corpus.getAsJsonObject("bleu_two_references").get("score"));
    }

    private static void bleuAgrees(List<Pair> pairs, String arguments, JsonObject expected) {
        final BleuMetrics bleu =
                new BleuMetrics(settings(JsonParser.parseString(arguments).getAsJsonObject()));
        pairs.forEach(pair -> bleu.add(pair.written(), List.of(pair.reference())));
        is(bleu.result(), "bleu", expected.get("score"));
        is(bleu.result(), "brevity_penalty", expected.get("brevity_penalty"));
        for (int n = 1; n <= 4; n++) {
            is(
                    bleu.result(),
                    "bleu_precision_" + n,
                    expected.getAsJsonArray("precisions").get(n - 1));
        }
    }

    private static Bleu settings(JsonObject arguments) {
        Bleu settings = Bleu.usual();
        if (arguments.has("lowercase")) {
            settings = settings.ignoringCase();
        }
        if (arguments.has("tokenize")) {
            settings = settings.tokens(
                    BleuTokens.valueOf(arguments.get("tokenize").getAsString().toUpperCase(Locale.ROOT)));
        }
        if (arguments.has("smooth_method")) {
            settings = settings.smoothing(Bleu.Smoothing.valueOf(arguments
                    .get("smooth_method")
                    .getAsString()
                    .toUpperCase(Locale.ROOT)
                    .replace('-', '_')));
        }
        return settings;
    }

    private static void perplexityAgrees(JsonObject expected) {
        final PerplexityMetrics perplexity = new PerplexityMetrics();
        perplexity.add(
                expected.get("negative_log_likelihood").getAsDouble(),
                expected.get("tokens").getAsLong(),
                0);
        is(perplexity.result(), "perplexity", expected.get("perplexity"));
    }
}
