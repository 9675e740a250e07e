package dev.finetune.trackers;

import dev.finetune.metrics.Metrics;
import dev.finetune.train.EpochReport;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a training as TensorBoard's event files: losses, learning rate, gradient norm and metrics as scalars, the settings as
 * text, the confusion matrix of each evaluation as a picture (where java.desktop is there, up to 100 classes), and histograms of
 * the trained weights on request. Each training gets a folder of its own, {@code run-1}, {@code run-2} and so on.
 *
 * <pre>{@code
 * FineTuner.from("all-minilm-l6-v2").listener(TensorBoard.in(Path.of("runs"))).fit(dataset); // tensorboard --logdir runs
 * }</pre>
 */
public final class TensorBoard extends ScalarTracker {
    private static final long FLUSH_NANOS = 1_000_000_000L;
    private static final int MOST_CLASSES = 100;

    private final Path directory;
    private final boolean histograms;
    private @Nullable EventFile events;
    private long flushed;

    private TensorBoard(Path directory, boolean histograms) {
        this.directory = directory;
        this.histograms = histograms;
    }

    /**
     * {@return a listener that writes event files}
     *
     * @param directory what {@code tensorboard --logdir} is given; made if it isn't there
     */
    public static TensorBoard in(Path directory) {
        return new TensorBoard(Objects.requireNonNull(directory, "directory"), false);
    }

    /** {@return the same, which also writes a histogram of each trained parameter at each evaluation} */
    public TensorBoard histograms() {
        return new TensorBoard(directory, true);
    }

    @Override
    void begin(Plan plan, Map<String, String> settings) {
        events = EventFile.in(directory);
        events.text(
                0,
                "settings",
                settings.entrySet().stream()
                        .map(setting -> "| " + cell(setting.getKey()) + " | " + cell(setting.getValue()) + " |\n")
                        .sorted()
                        .collect(Collectors.joining("", "| setting | value |\n| --- | --- |\n", "")));
        flush();
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replaceAll("\\R", " ");
    }

    private EventFile events() {
        if (events == null) {
            throw new IllegalStateException("no training is under way");
        }
        return events;
    }

    @Override
    void scalars(long step, double epoch, Map<String, Double> values) {
        values.forEach((name, value) -> events().scalar(step, name, value));
        if (System.nanoTime() - flushed > FLUSH_NANOS) {
            flush();
        }
    }

    @Override
    public void evaluated(EpochReport report) {
        super.evaluated(report);
        report.validation().ifPresent(metrics -> confusion(report.step(), metrics));
        if (histograms) {
            control()
                    .readWeights((name, values) ->
                            events().histogram(report.step(), "weights/" + name, Histogram.of(values)));
        }
        flush();
    }

    private void confusion(long step, Metrics metrics) {
        metrics.confusion()
                .filter(matrix -> matrix.classes() <= MOST_CLASSES
                        && ModuleLayer.boot().findModule("java.desktop").isPresent())
                .ifPresent(matrix -> {
                    final int size = ConfusionPicture.size(matrix);
                    events().png(step, "validation/confusion", ConfusionPicture.png(matrix), size, size);
                });
    }

    private void flush() {
        events().flush();
        flushed = System.nanoTime();
    }

    @Override
    void end(End how) {
        if (events != null) {
            events.close();
            events = null;
        }
    }
}
