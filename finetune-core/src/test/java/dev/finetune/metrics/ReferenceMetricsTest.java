package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What scikit-learn says where the golden cases say nothing: many labels, many targets, ties. */
class ReferenceMetricsTest {
    private static final double TOLERANCE = 1e-12;

    private final JsonObject reference = Reference.read("metrics").getAsJsonObject();

    @Test
    void everyAverageOverManyLabelsAgreesThatOverSamplesToo() {
        for (JsonObject row : Reference.objects(reference.get("multi_label"))) {
            final double[][] truths = Reference.rows(row.get("truths"));
            final double[][] probabilities = Reference.rows(row.get("probabilities"));
            final MultiLabelMetrics metrics = new MultiLabelMetrics(names(probabilities[0].length));
            for (int i = 0; i < truths.length; i++) {
                final float[] truth = new float[truths[i].length];
                for (int j = 0; j < truth.length; j++) {
                    truth[j] = (float) truths[i][j];
                }
                metrics.add(truth, probabilities[i]);
            }
            agrees(metrics.result(), row);
        }
    }

    @Test
    void severalTargetsAreAveragedTheRootOfTheErrorAfterTheRoot() {
        for (JsonObject row : Reference.objects(reference.get("several_targets"))) {
            final double[][] truths = Reference.rows(row.get("truths"));
            final double[][] predictions = Reference.rows(row.get("predictions"));
            final RegressionMetrics metrics = new RegressionMetrics(truths[0].length);
            for (int i = 0; i < truths.length; i++) {
                metrics.add(truths[i], predictions[i]);
            }
            agrees(metrics.result(), row);
        }
    }

    @Test
    void equalProbabilitiesAreOrderedAsTheReferenceOrdersThem() {
        for (JsonObject row : Reference.objects(reference.get("tied"))) {
            final long[] truths = Reference.longs(row.get("truths"));
            final double[][] probabilities = Reference.rows(row.get("probabilities"));
            final ClassificationMetrics metrics = new ClassificationMetrics(names(probabilities[0].length));
            for (int i = 0; i < truths.length; i++) {
                metrics.add((int) truths[i], probabilities[i]);
            }
            agrees(metrics.result(), row);
        }
    }

    @Test
    void tiedScoresOfTwoClassesCountHalf() {
        final JsonObject row = reference.getAsJsonObject("binary");
        final long[] truths = Reference.longs(row.get("truths"));
        final double[] scores = Reference.doubles(row.get("scores"));
        final ClassificationMetrics metrics = new ClassificationMetrics(names(2));
        for (int i = 0; i < truths.length; i++) {
            metrics.add((int) truths[i], new double[] {1 - scores[i], scores[i]});
        }
        agrees(metrics.result(), row);
    }

    @Test
    void answersAreNormalisedAsTheEvaluationDoesIt() {
        for (JsonObject row : Reference.objects(Reference.read("squad"))) {
            final String text = row.get("text").getAsString();
            assertThat(SquadMetrics.normalised(text))
                    .as("%s", text.codePoints().mapToObj(Integer::toHexString).toList())
                    .isEqualTo(row.get("normalised").getAsString());
        }
    }

    private static List<String> names(int count) {
        return IntStream.range(0, count).mapToObj(i -> "c" + i).toList();
    }

    /** Every number of the reference is one of ours. */
    private static void agrees(Metrics ours, JsonObject theirs) {
        theirs.asMap().forEach((name, value) -> {
            if (value.isJsonPrimitive()) {
                assertThat(ours.get(name)).as(name).isCloseTo(value.getAsDouble(), within(TOLERANCE));
            }
        });
    }
}
