package dev.finetune.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.metrics.ClassificationMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.RegressionMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What scikit-learn and SciPy say of predictions, we say. */
@Tag("golden")
class GoldenMetricsTest {
    private static final double TOLERANCE = 1e-9;

    @TestFactory
    Stream<DynamicTest> everyNumberOfTheReferenceIsReproduced() {
        final Map<String, JsonObject> cases = GoldenFolders.having("classification", "regression");
        assumeTrue(
                !cases.isEmpty(), "no metrics cases in " + GoldenFolders.root().toAbsolutePath());
        final List<DynamicTest> tests = new ArrayList<>();
        cases.forEach((name, json) -> {
            for (JsonElement row : json.getAsJsonArray("classification")) {
                final JsonObject one = row.getAsJsonObject();
                tests.add(dynamicTest(
                        name + ": " + one.get("kind").getAsString() + ", " + one.get("classes") + " classes",
                        () -> classificationAgrees(one)));
            }
            for (JsonElement row : json.getAsJsonArray("regression")) {
                final JsonObject one = row.getAsJsonObject();
                tests.add(dynamicTest(
                        name + ": regression of " + one.getAsJsonArray("y").size(), () -> regressionAgrees(one)));
            }
        });
        return tests.stream();
    }

    private static void classificationAgrees(JsonObject row) {
        final int classes = row.get("classes").getAsInt();
        final ClassificationMetrics metrics = new ClassificationMetrics(
                IntStream.range(0, classes).mapToObj(Integer::toString).toList());
        final JsonArray truths = row.getAsJsonArray("y");
        for (int i = 0; i < truths.size(); i++) {
            metrics.add(
                    truths.get(i).getAsInt(),
                    doubles(row.getAsJsonArray("probabilities").get(i).getAsJsonArray()));
        }
        final Metrics result = metrics.result();
        for (String name : List.of("accuracy", "mcc", "kappa", "log_loss", "balanced_accuracy")) {
            agrees(result.get(name), row.get(name), name);
        }
        for (String average : List.of("macro", "micro", "weighted")) {
            for (String name : List.of("precision", "recall", "f1")) {
                agrees(
                        result.get(name + "_" + average),
                        row.getAsJsonObject(average).get(name),
                        name + "_" + average);
            }
        }
        agrees(result.get("auroc"), row.get("auroc_ovr_macro"), "auroc");
        if (classes == 2) {
            agrees(result.get("average_precision"), row.get("average_precision"), "average_precision");
        } else {
            agrees(result.get("top2_accuracy"), row.get("top2_accuracy"), "top2_accuracy");
            assertThat(result.names().contains("top5_accuracy")).isEqualTo(classes > 5);
            if (row.has("top5_accuracy")) {
                agrees(result.get("top5_accuracy"), row.get("top5_accuracy"), "top5_accuracy");
            }
        }
        final JsonObject perClass = row.getAsJsonObject("per_class");
        for (int i = 0; i < classes; i++) {
            agrees(
                    result.perClass().get(i).precision(),
                    perClass.getAsJsonArray("precision").get(i),
                    "precision " + i);
            agrees(
                    result.perClass().get(i).recall(),
                    perClass.getAsJsonArray("recall").get(i),
                    "recall " + i);
            agrees(result.perClass().get(i).f1(), perClass.getAsJsonArray("f1").get(i), "f1 " + i);
            agrees(
                    result.perClass().get(i).support(),
                    perClass.getAsJsonArray("support").get(i),
                    "support " + i);
            for (int j = 0; j < classes; j++) {
                agrees(
                        result.confusion().orElseThrow().count(i, j),
                        row.getAsJsonArray("confusion").get(i).getAsJsonArray().get(j),
                        "confusion " + i + ", " + j);
            }
        }
    }

    private static void regressionAgrees(JsonObject row) {
        final RegressionMetrics metrics = new RegressionMetrics(1);
        final double[] truths = doubles(row.getAsJsonArray("y"));
        final double[] predictions = doubles(row.getAsJsonArray("prediction"));
        for (int i = 0; i < truths.length; i++) {
            metrics.add(new double[] {truths[i]}, new double[] {predictions[i]});
        }
        for (String name : List.of("mse", "mae", "r2", "pearson", "spearman")) {
            agrees(metrics.result().get(name), row.get(name), name);
        }
    }

    private static void agrees(double ours, JsonElement theirs, String what) {
        if (theirs.isJsonNull()) {
            assertThat(ours).as("%s, undefined in the reference", what).isNaN();
        } else {
            assertThat(ours).as(what).isCloseTo(theirs.getAsDouble(), within(TOLERANCE));
        }
    }

    private static double[] doubles(JsonArray array) {
        return array.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
    }
}
