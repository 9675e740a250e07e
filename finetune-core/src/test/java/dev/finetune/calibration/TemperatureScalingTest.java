package dev.finetune.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.Reference;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.CalibrationError;
import dev.finetune.metrics.ClassificationMetrics;
import dev.finetune.metrics.Metrics;
import dev.finetune.task.Softmax;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The temperature is the one that PyTorch's optimizer finds, and the probabilities get honest. */
class TemperatureScalingTest {
    @TempDir
    private Path folder;

    private static List<float[]> rows(JsonObject row, String name) {
        final int width = row.get("classes").getAsInt();
        final float[] flat = Reference.floats(row.get(name));
        final List<float[]> rows = new ArrayList<>();
        for (int from = 0; from < flat.length; from += width) {
            rows.add(Arrays.copyOfRange(flat, from, from + width));
        }
        return rows;
    }

    private static List<JsonObject> cases(String kind) {
        return Reference.objects(Reference.read("small_data").getAsJsonObject().get("temperatures")).stream()
                .filter(row -> row.get("kind").getAsString().equals(kind))
                .toList();
    }

    @Test
    void theTemperatureIsWherePyTorchsOptimizerEnds() {
        for (JsonObject row : cases("classes")) {
            final int[] truths = Arrays.stream(Reference.longs(row.get("truths")))
                    .mapToInt(Math::toIntExact)
                    .toArray();
            final double expected = row.get("temperature").getAsDouble();
            final double found = TemperatureScaling.ofClasses(rows(row, "logits"), truths);
            assertThat(found).isCloseTo(expected, within(1e-6 * expected));
            final Metrics before = metrics(row, truths, 1);
            final Metrics after = metrics(row, truths, found);
            assertThat(before.get("ece")).isCloseTo(row.get("ece").getAsDouble(), within(1e-6));
            assertThat(after.get("log_loss")).isCloseTo(row.get("nll").getAsDouble(), within(1e-9));
            assertThat(after.get("accuracy")).isEqualTo(before.get("accuracy"));
        }
        for (JsonObject row : cases("labels")) {
            final double expected = row.get("temperature").getAsDouble();
            assertThat(TemperatureScaling.ofLabels(rows(row, "logits"), rows(row, "truths")))
                    .isCloseTo(expected, within(1e-6 * expected));
        }
    }

    private static Metrics metrics(JsonObject row, int[] truths, double temperature) {
        final int classes = row.get("classes").getAsInt();
        final ClassificationMetrics metrics = new ClassificationMetrics(
                IntStream.range(0, classes).mapToObj(Integer::toString).toList());
        final List<float[]> logits = rows(row, "logits");
        for (int i = 0; i < truths.length; i++) {
            metrics.add(truths[i], Softmax.of(logits.get(i), 0, classes, temperature));
        }
        return metrics.result();
    }

    @Test
    void whereEverythingIsRightTheTemperatureStaysOneAndWhereNothingIsItIsTheHighest() {
        final List<float[]> logits = List.of(new float[] {3, 0}, new float[] {0, 2});
        assertThat(TemperatureScaling.ofClasses(logits, new int[] {0, 1})).isEqualTo(1);
        assertThat(TemperatureScaling.ofClasses(logits, new int[] {1, 0})).isEqualTo(100);
        assertThatThrownBy(() -> TemperatureScaling.ofClasses(List.of(), new int[0]))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no example");
    }

    @Test
    void binsShowWhereConfidenceIsTooHigh() {
        final CalibrationError error = new CalibrationError();
        for (int i = 0; i < 10; i++) {
            error.add(0.95, i < 6);
        }
        error.add(1, true);
        assertThat(error.result()).isCloseTo(3.5 / 11, within(1e-12));
        assertThat(error.bins()).hasSize(15);
        assertThat(error.bins().get(14).count()).isEqualTo(11);
        assertThat(error.toString()).contains("0.933 to 1.000", "expected calibration error");
        assertThat(new CalibrationError().result()).isNaN();
    }

    @Test
    void movedThresholdsDecideTheSame() {
        final Calibration cold = new Calibration(0.5, List.of(0.8, 0.5, 0.0));
        final Calibration warm = cold.withTemperature(3);
        for (double logit = -3; logit < 3; logit += 0.01) {
            for (int i = 0; i < 3; i++) {
                assertThat(1 / (1 + Math.exp(-logit / 3)) >= warm.thresholds().get(i))
                        .isEqualTo(1 / (1 + Math.exp(-logit / 0.5))
                                >= cold.thresholds().get(i));
            }
        }
    }

    @Test
    void aBrokenFileIsNamedAndNoFileIsNoCalibration() throws IOException {
        assertThat(Calibration.read(folder)).isEqualTo(Calibration.NONE);
        Files.writeString(folder.resolve(Calibration.FILE), "{\"temperature\": 1.5, \"thresholds\": [0.25]}");
        assertThat(Calibration.read(folder)).isEqualTo(new Calibration(1.5, List.of(0.25)));
        for (String broken : List.of("{", "[]", "{}", "{\"temperature\": \"x\", \"thresholds\": []}")) {
            Files.writeString(folder.resolve(Calibration.FILE), broken);
            assertThatThrownBy(() -> Calibration.read(folder))
                    .as(broken)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("calibration.json", "thresholds");
        }
        assertThatThrownBy(() -> new Calibration(0, List.of())).hasMessageContaining("temperature");
        assertThatThrownBy(() -> new Calibration(1, List.of(1.5))).hasMessageContaining("from 0 to 1");
    }
}
