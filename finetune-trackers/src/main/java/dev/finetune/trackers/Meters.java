package dev.finetune.trackers;

import dev.finetune.PredictionListener;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Meters of trainings and predictions in a Micrometer registry (io.micrometer:micrometer-core, which an application brings itself).
 *
 * <table>
 * <caption>The meters</caption>
 * <tr><th>name</th><th>kind</th><th>what it measures</th></tr>
 * <tr><td>finetune.training.value</td><td>gauge, tag "name"</td><td>the newest loss, learning_rate, gradient_norm, rows_per_second, and validation metrics as "validation.accuracy"</td></tr>
 * <tr><td>finetune.training.step</td><td>timer</td><td>from the end of fetching to the end of the step</td></tr>
 * <tr><td>finetune.training.fetch</td><td>timer</td><td>how long steps waited for their batches</td></tr>
 * <tr><td>finetune.training.rows</td><td>counter</td><td>rows learned from</td></tr>
 * <tr><td>finetune.predict</td><td>timer, tag "outcome"</td><td>success and failure, from the question to the answer</td></tr>
 * <tr><td>finetune.predict.inputs</td><td>summary</td><td>inputs asked for at once</td></tr>
 * </table>
 */
public final class Meters {
    private Meters() {}

    /**
     * {@return a listener for {@link dev.finetune.FineTuner#listener}}
     *
     * @param registry where the meters are registered
     */
    public static TrainingListener training(MeterRegistry registry) {
        return new Training(Objects.requireNonNull(registry, "registry"));
    }

    /**
     * {@return a listener for {@link dev.finetune.FineTuned#watched}}
     *
     * @param registry where the meters are registered
     */
    public static PredictionListener predictions(MeterRegistry registry) {
        return new Predictions(Objects.requireNonNull(registry, "registry"));
    }

    private static final class Training implements TrainingListener {
        private final MeterRegistry registry;
        private final Timer step;
        private final Timer fetch;
        private final Counter rows;
        private final Map<String, AtomicLong> values = new ConcurrentHashMap<>();
        private long begun = System.nanoTime();

        Training(MeterRegistry registry) {
            this.registry = registry;
            this.step = registry.timer("finetune.training.step");
            this.fetch = registry.timer("finetune.training.fetch");
            this.rows = registry.counter("finetune.training.rows");
        }

        private void show(String name, double value) {
            values.computeIfAbsent(name, key -> {
                        final AtomicLong bits = new AtomicLong();
                        Gauge.builder("finetune.training.value", bits, newest -> Double.longBitsToDouble(newest.get()))
                                .tags(Tags.of("name", key))
                                .strongReference(true)
                                .register(registry);
                        return bits;
                    })
                    .set(Double.doubleToLongBits(value));
        }

        @Override
        public void fetched(double seconds) {
            fetch.record(Duration.ofNanos((long) (seconds * 1e9)));
            begun = System.nanoTime();
        }

        @Override
        public void stepped(StepReport report) {
            step.record(Duration.ofNanos(System.nanoTime() - begun));
            rows.increment(report.rows());
            show("loss", report.loss());
            show("learning_rate", report.learningRate());
            show("gradient_norm", report.gradientNorm());
        }

        @Override
        public void evaluated(EpochReport report) {
            show("rows_per_second", report.rowsPerSecond());
            report.validation()
                    .ifPresent(
                            metrics -> metrics.names().forEach(name -> show("validation." + name, metrics.get(name))));
        }
    }

    private static final class Predictions implements PredictionListener {
        private final Timer success;
        private final Timer failure;
        private final DistributionSummary inputs;

        Predictions(MeterRegistry registry) {
            this.success = registry.timer("finetune.predict", "outcome", "success");
            this.failure = registry.timer("finetune.predict", "outcome", "failure");
            this.inputs = registry.summary("finetune.predict.inputs");
        }

        @Override
        public void predicted(int count, Duration took) {
            success.record(took);
            inputs.record(count);
        }

        @Override
        public void failed(int count, Duration took, Throwable cause) {
            failure.record(took);
            inputs.record(count);
        }
    }
}
