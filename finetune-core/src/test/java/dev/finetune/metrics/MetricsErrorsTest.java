package dev.finetune.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What doesn't fit is refused in words, and leaves no trace in the counts. */
class MetricsErrorsTest {
    private static void isRefused(ThrowingCallable call, String... words) {
        assertThatThrownBy(call).isInstanceOf(FinetuneException.class).hasMessageContainingAll(words);
    }

    @Test
    void probabilitiesThatAreNoNumbersAreNotCountedAsTheFirstClass() {
        final ClassificationMetrics metrics = new ClassificationMetrics(List.of("bad", "good"));
        isRefused(
                () -> metrics.add(0, new double[] {Double.NaN, Double.NaN}),
                "\"bad\"",
                "not a number",
                "learning rate");
        isRefused(() -> metrics.add(0, new double[] {1, Double.NaN}), "\"good\"", "not a number");
        metrics.add(1, new double[] {0.1, 0.9});
        assertThat(metrics.result().get("accuracy")).isEqualTo(1);
        assertThat(metrics.result().confusion().orElseThrow().total()).isEqualTo(1);
        final MultiLabelMetrics several = new MultiLabelMetrics(List.of("a", "b"));
        isRefused(() -> several.add(new float[] {0, 1}, new double[] {0, Double.NaN}), "\"b\"", "not a number");
    }

    @Test
    void tooFewAndTooManyAreRefused() {
        final ClassificationMetrics classes = new ClassificationMetrics(List.of("x", "y", "z"));
        isRefused(() -> classes.add(0, new double[] {0.5, 0.5}), "2 probabilities", "3 classes");
        isRefused(() -> classes.add(0, new double[4]), "4 probabilities", "3 classes");
        isRefused(() -> classes.add(3, new double[] {1, 0, 0}), "class is 3", "0 to 2");
        isRefused(() -> classes.add(-100, new double[] {1, 0, 0}), "class is -100");
        isRefused(() -> classes.merge(new ClassificationMetrics(List.of("x", "z", "y"))), "[x, z, y]", "[x, y, z]");
        final MultiLabelMetrics labels = new MultiLabelMetrics(List.of("x", "y"));
        isRefused(() -> labels.add(new float[3], new double[2]), "3 true values", "2 labels");
        isRefused(() -> labels.add(new float[2], new double[1]), "1 probabilities");
        final EntityMetrics entities = new EntityMetrics();
        isRefused(() -> entities.add(List.of("O", "B-X"), List.of("O")), "2 true tags", "1 predicted");
        isRefused(() -> entities.add(List.of("O"), List.of("O", "O")), "1 true tags", "2 predicted");
        assertThat(entities.result().get("accuracy")).isZero();
        final RegressionMetrics numbers = new RegressionMetrics(2);
        isRefused(() -> numbers.add(new double[1], new double[2]), "1 true values", "2 targets");
        isRefused(() -> numbers.add(new double[2], new double[3]), "3 predictions", "2 targets");
        isRefused(() -> numbers.add(new double[2], new double[] {0, Double.NaN}), "predictions are not finite");
        final ConfusionMatrix matrix = new ConfusionMatrix(2);
        isRefused(() -> matrix.add(2, 0), "true class is 2");
        isRefused(() -> matrix.add(0, -1), "predicted class is -1");
        isRefused(() -> matrix.merge(new ConfusionMatrix(3)), "3 classes");
    }

    @Test
    void aResultDoesNotChangeWhenMoreIsCounted() {
        final ClassificationMetrics metrics = new ClassificationMetrics(List.of("bad", "good"));
        metrics.add(0, new double[] {0.9, 0.1});
        final Metrics early = metrics.result();
        metrics.add(1, new double[] {0.9, 0.1});
        early.confusion().orElseThrow().add(1, 1);
        assertThat(early.confusion().orElseThrow().counts()).isDeepEqualTo(new long[][] {{1, 0}, {0, 0}});
        assertThat(metrics.result().confusion().orElseThrow().counts()).isDeepEqualTo(new long[][] {{1, 0}, {1, 0}});
    }
}
