package dev.finetune.fewshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.error.FinetuneException;
import dev.finetune.task.Softmax;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The regression is scikit-learn's. */
class LogisticRegressionTest {
    private static List<float[]> rows(float[] flat, int width) {
        final List<float[]> rows = new ArrayList<>();
        for (int from = 0; from < flat.length; from += width) {
            rows.add(Arrays.copyOfRange(flat, from, from + width));
        }
        return rows;
    }

    private static double[] probabilities(LogisticRegression.Fit fit, float[] x) {
        final float[] logits = fit.bias().clone();
        for (int k = 0; k < logits.length; k++) {
            for (int i = 0; i < x.length; i++) {
                logits[k] += fit.weight()[k * x.length + i] * x[i];
            }
        }
        return Softmax.of(logits, 0, logits.length);
    }

    @Test
    void weightsAndProbabilitiesAreThoseOfScikitLearn() {
        for (JsonObject row :
                Reference.objects(Reference.read("small_data").getAsJsonObject().get("regressions"))) {
            final int classes = row.get("classes").getAsInt();
            final List<float[]> x = rows(Reference.floats(row.get("x")), 6);
            final int[] y = Arrays.stream(Reference.longs(row.get("y")))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            final LogisticRegression.Fit fit =
                    LogisticRegression.fit(x, y, classes, row.get("c").getAsDouble());
            final double[] expected = Reference.doubles(row.get("probabilities"));
            for (int i = 0; i < y.length; i++) {
                final double[] found = probabilities(fit, x.get(i));
                for (int k = 0; k < classes; k++) {
                    assertThat(found[k]).isCloseTo(expected[i * classes + k], within(1e-5));
                }
            }
            final double[] coefficients = Reference.doubles(row.get("coefficients"));
            for (int i = 0; i < coefficients.length; i++) {
                final double found = classes == 2 ? fit.weight()[6 + i] - fit.weight()[i] : fit.weight()[i];
                assertThat(found).isCloseTo(coefficients[i], within(1e-4));
            }
        }
    }

    @Test
    void separableDataOfManyDimensionsEndsToo() {
        final SplittableRandom random = new SplittableRandom(1);
        final List<float[]> x = new ArrayList<>();
        final int[] y = new int[16];
        for (int row = 0; row < y.length; row++) {
            y[row] = row % 2;
            final float[] values = new float[768];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextDouble(-1, 1) + (y[row] == 0 ? -0.2 : 0.2));
            }
            x.add(values);
        }
        final LogisticRegression.Fit fit = LogisticRegression.fit(x, y, 2, 100);
        for (int row = 0; row < y.length; row++) {
            assertThat(probabilities(fit, x.get(row))[y[row]]).isGreaterThan(0.9);
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new FewShot(0, 1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("at least 1 pair");
        assertThatThrownBy(() -> new FewShot(1, 0)).hasMessageContaining("C above 0");
    }
}
