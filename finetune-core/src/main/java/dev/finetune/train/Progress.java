package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.task.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Follows the evaluations: which was best, whether to stop, whether training and validation part. */
final class Progress implements AutoCloseable {
    private final Network network;
    private final List<Parameter> trained;
    private final Task task;
    private final TrainingSettings settings;
    private final TrainingListener listener;
    private final Stopwatch watch;

    private final List<EpochReport> reports = new ArrayList<>();
    private double lossSum;
    private long lossSteps;
    private long rows;
    private double since;
    private long reportedStep = -1;

    private @Nullable EpochReport best;
    private Network.@Nullable Snapshot snapshot;
    private double watched = Double.NaN;
    private int failures;
    private boolean warned;
    private boolean warnedOfUndefined;

    /**
     * Follows a run that changes these parameters of a network, sooner or later.
     *
     * @throws FinetuneException if the settings name a metric that the task doesn't have
     */
    Progress(
            Network network,
            List<Parameter> trained,
            Task task,
            TrainingSettings settings,
            TrainingListener listener,
            Stopwatch watch) {
        this.network = network;
        this.trained = trained;
        this.task = task;
        this.settings = settings;
        this.listener = listener;
        this.watch = watch;
        if (settings.keepBest().isPresent() && !settings.bestMetric().isEmpty()) {
            task.order(settings.bestMetric());
        }
        settings.earlyStopping()
                .map(EarlyStopping::metric)
                .filter(name -> !name.isEmpty())
                .ifPresent(task::order);
    }

    void stepped(StepReport report) {
        lossSum += report.loss();
        lossSteps++;
        rows += report.rows();
    }

    /** Whether anything was evaluated. */
    boolean hasEvaluated() {
        return reportedStep >= 0;
    }

    /** Whether what so many steps came to was evaluated. */
    boolean hasEvaluated(long step) {
        return step == reportedStep;
    }

    /** Takes an evaluation in, at most one a step. */
    void evaluated(double epochs, long step, Optional<Metrics> validation) {
        reportedStep = step;
        final double now = watch.trainingSeconds();
        final EpochReport report =
                new EpochReport(epochs, step, lossSum / lossSteps, validation, watch.seconds(), rows / (now - since));
        lossSum = 0;
        lossSteps = 0;
        rows = 0;
        since = now;
        validation.ifPresent(metrics -> {
            keepIfBest(report, metrics);
            watch(report, metrics);
            warnWhereTheyPart(report, metrics);
        });
        reports.add(report);
        listener.evaluated(report);
    }

    private void keepIfBest(EpochReport report, Metrics metrics) {
        final String name = settings.bestMetric().isEmpty() ? task.mainMetric() : settings.bestMetric();
        final double value = metrics.get(name);
        if (!Double.isFinite(value)) {
            warnOfUndefined(name, value, report.step());
            return;
        }
        if (best == null
                || metrics.order(name)
                        .isBetter(value, best.validation().orElseThrow().get(name), 0)) {
            best = report;
            if (settings.keepBest().isPresent()) {
                if (snapshot == null) {
                    snapshot = network.snapshot(trained);
                } else {
                    snapshot.update();
                }
            }
        }
    }

    private void watch(EpochReport report, Metrics metrics) {
        settings.earlyStopping().ifPresent(stopping -> {
            final String name = stopping.metric().isEmpty() ? task.mainMetric() : stopping.metric();
            final double value = metrics.get(name);
            if (!Double.isFinite(value)) {
                warnOfUndefined(name, value, report.step());
            } else if (Double.isNaN(watched)
                    || metrics.order(name).isBetter(value, watched, stopping.minimumChange())) {
                watched = value;
                failures = 0;
            } else {
                failures++;
            }
        });
    }

    /** No number says nothing of the weights: neither that they are the best, nor that they didn't get better. */
    private void warnOfUndefined(String metric, double value, long step) {
        if (!warnedOfUndefined
                && (settings.keepBest().isPresent() || settings.earlyStopping().isPresent())) {
            warnedOfUndefined = true;
            listener.warned("The metric \"" + metric + "\" is " + value + " after step " + step
                    + ": such an evaluation neither counts as the best nor brings training nearer to its stop. If none gives"
                    + " a number, the last weights are kept. Validate on other data, or name another metric,"
                    + " keepBest(\"loss\") say.");
        }
    }

    private void warnWhereTheyPart(EpochReport report, Metrics metrics) {
        if (warned || reports.size() < 2) {
            return;
        }
        final double lowest = reports.stream()
                .flatMap(r -> r.validation().stream())
                .mapToDouble(m -> m.get("loss"))
                .min()
                .orElse(Double.NaN);
        final double loss = metrics.get("loss");
        final boolean trainingFalls =
                report.trainingLoss() < reports.get(reports.size() - 1).trainingLoss();
        if (trainingFalls && loss > 1.1 * lowest && report.trainingLoss() < 0.7 * loss) {
            warned = true;
            listener.warned(String.format(
                    Locale.ROOT,
                    "Training and validation loss part (%.3f and %.3f; the validation loss has been %.3f): the model "
                            + "learns its examples by heart. Fewer epochs, early stopping, more frozen layers or more "
                            + "data help.",
                    report.trainingLoss(),
                    loss,
                    lowest));
        }
    }

    /** All that it knows, but for the best weights. */
    RunState.Evaluations state() {
        return new RunState.Evaluations(
                lossSum,
                lossSteps,
                rows,
                since,
                reportedStep,
                reports,
                best == null ? -1 : reports.indexOf(best),
                watched,
                failures,
                warned,
                warnedOfUndefined);
    }

    /** The best weights so far, by name, borrowed; empty where none are kept. */
    Map<String, Tensor> bestWeights() {
        return snapshot == null ? Map.of() : snapshot.values();
    }

    /**
     * Goes on from what it once was.
     *
     * @param hasWeights whether best weights were kept by then; they are to be copied into {@link #bestWeights} afterwards
     */
    void restore(RunState.Evaluations state, boolean hasWeights) {
        lossSum = state.lossSum();
        lossSteps = state.lossSteps();
        rows = state.rows();
        since = state.since();
        reportedStep = state.reportedStep();
        reports.addAll(state.reports());
        best = state.best() < 0 ? null : reports.get(state.best());
        watched = state.watched();
        failures = state.failures();
        warned = state.warned();
        warnedOfUndefined = state.warnedOfUndefined();
        if (hasWeights) {
            snapshot = network.snapshot(trained);
        }
    }

    boolean shouldStop() {
        return settings.earlyStopping().isPresent()
                && failures >= settings.earlyStopping().get().patience();
    }

    List<EpochReport> reports() {
        return reports;
    }

    Optional<EpochReport> best() {
        return settings.keepBest().isPresent() ? Optional.ofNullable(best) : Optional.empty();
    }

    void restoreBest() {
        if (snapshot != null) {
            snapshot.restore();
        }
    }

    @Override
    public void close() {
        if (snapshot != null) {
            snapshot.close();
        }
    }
}
