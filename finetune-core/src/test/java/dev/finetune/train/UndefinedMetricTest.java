package dev.finetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class UndefinedMetricTest {
    private final Settings settings = new Settings();
    private final List<String> warnings = new ArrayList<>();
    private int steps;

    private Progress progress(Network network) {
        return new Progress(
                network,
                network.trained(),
                TrainerTest.TASK,
                settings.make(),
                new TrainingListener() {
                    @Override
                    public void warned(String message) {
                        warnings.add(message);
                    }
                },
                new Stopwatch());
    }

    private void evaluated(Progress progress, double accuracy) {
        progress.evaluated(++steps, steps, Optional.of(new Metrics(Map.of("loss", 1.0, "accuracy", accuracy))));
    }

    @Test
    void anUndefinedMetricNeitherStopsNorIsTheBest() {
        settings.keepBest = true;
        settings.earlyStopping = Optional.of(new EarlyStopping("accuracy", 2, 0));
        try (Network network = TinyNet.of(5, 1, 0);
                Progress progress = progress(network)) {
            for (double value : new double[] {Double.NaN, Double.NaN, Double.POSITIVE_INFINITY}) {
                evaluated(progress, value);
            }
            assertThat(progress.shouldStop()).isFalse();
            assertThat(progress.best()).as("the last weights are kept").isEmpty();
            assertThat(warnings)
                    .singleElement()
                    .asString()
                    .contains("\"accuracy\" is NaN after step 1", "last weights");

            evaluated(progress, 0.5);
            evaluated(progress, Double.NaN);
            evaluated(progress, 0.4);
            assertThat(progress.best().orElseThrow().step()).isEqualTo(4);
            assertThat(progress.shouldStop()).isFalse();
            evaluated(progress, 0.4);
            assertThat(progress.shouldStop()).isTrue();
        }
    }

    @Test
    void anUndefinedMetricThatDecidesNothingIsNoWarning() {
        try (Network network = TinyNet.of(5, 1, 0);
                Progress progress = progress(network)) {
            evaluated(progress, Double.NaN);
            assertThat(warnings).isEmpty();
        }
    }
}
