package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.Embedder;
import dev.finetune.FineTuner;
import dev.finetune.data.DataCheck;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Finding.Code;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Wrong labels are planted into one row of twenty of public sets: how many of them words tell, and how many the vectors of
 * all-MiniLM-L6-v2. It takes minutes, and is made if the system property finetune.labels is set, beside the data.
 */
class WrongLabelsTest {
    private static final long[] SEEDS = {17, 18, 19};
    private static final int FIRST = 20;

    private record Told(double first, double found, double precision) {
        Told plus(Told other) {
            return new Told(first + other.first, found + other.found, precision + other.precision);
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%.1f of the first %d, %.2f found, precision %.2f",
                    first / SEEDS.length,
                    FIRST,
                    found / SEEDS.length,
                    precision / SEEDS.length);
        }
    }

    private static Told told(PlantedFaults faults, DataCheck<Text> check, DataReport clean) {
        final DataReport report = check.report();
        report.issues().stream()
                .filter(issue -> issue.code() == Code.LABEL_ERRORS)
                .forEach(issue -> System.out.println("    " + issue.what()));
        final PlantedFaults.Found found = faults.compare(clean, report, FIRST).get(Code.LABEL_ERRORS);
        return new Told(found.first(), (double) found.found() / found.planted(), found.precision());
    }

    /** Vectors of texts, each computed once. */
    private static Function<List<Text>, List<float[]>> remembering(Embedder<Text> embedder) {
        final Map<Text, float[]> known = new HashMap<>();
        return texts -> {
            final List<Text> asked = texts.stream()
                    .filter(text -> !known.containsKey(text))
                    .distinct()
                    .toList();
            final List<float[]> made = embedder.embed(asked);
            for (int i = 0; i < made.size(); i++) {
                known.put(asked.get(i), made.get(i));
            }
            return texts.stream().map(known::get).toList();
        };
    }

    private static void compare(Dataset<Text> train, Dataset<Text> validation) {
        assumeTrue(
                System.getProperty("finetune.labels") != null, "Skipped: it takes minutes; set -Dfinetune.labels=true");
        try (Embedder<Text> embedder =
                FineTuner.from("all-minilm-l6-v2").maxLength(128).embedder(Text.class)) {
            final Function<List<Text>, List<float[]>> vectors = remembering(embedder);
            final DataReport cleanByWords = DataCheck.of(train, validation).report();
            final DataReport cleanByVectors =
                    DataCheck.of(train, validation).embeddedBy(vectors).report();
            Told words = new Told(0, 0, 0);
            Told byVectors = words;
            for (long seed : SEEDS) {
                final int count = (int) (train.size().orElseThrow() / 20);
                final PlantedFaults faults = PlantedFaults.ofLabels(train, validation, count, seed);
                final DataCheck<Text> check = DataCheck.of(faults.train(), faults.validation());
                words = words.plus(told(faults, check, cleanByWords));
                byVectors = byVectors.plus(told(faults, check.embeddedBy(vectors), cleanByVectors));
            }
            System.out.println(train.describe() + "\n  words: " + words + "\n  vectors: " + byVectors);
            assertThat(byVectors.first() / SEEDS.length).isGreaterThan(FIRST / 2.0);
        }
    }

    @Test
    void vectorsTellWrongIntents() {
        compare(
                TextFiles.csv(PlantedFaultsTest.published("banking77/train.csv"))
                        .label("category")
                        .classification(),
                TextFiles.csv(PlantedFaultsTest.published("banking77/test.csv"))
                        .label("category")
                        .classification());
    }

    @Test
    void vectorsTellWrongSentiments() {
        compare(
                TextFiles.tsv(PlantedFaultsTest.published("sst2/test.tsv")).classification(),
                TextFiles.tsv(PlantedFaultsTest.published("sst2/dev.tsv")).classification());
    }
}
