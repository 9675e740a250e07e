package dev.finetune.internal.run;

import dev.finetune.calibration.Calibration;
import dev.finetune.metrics.Metrics;
import dev.finetune.report.Provenance;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WrittenSamples;
import java.util.Optional;

/**
 * What a fitting came to, or a loaded model without training.
 *
 * @param model network, encoder and task; owned
 * @param provenance where it comes from
 * @param settings how it was trained, or would be
 * @param history how training went; empty for a model that was loaded
 * @param evaluation of the weights that were kept, if they were evaluated
 * @param samples what the model wrote before and after, if that was asked for
 * @param preferences evaluates pairs of answers, if it learned from such
 * @param isCompanion whether another process has the same, and writes it
 * @param <I> the kind of input
 */
public record Trained<I>(
        LoadedModel<I> model,
        Provenance provenance,
        TrainingSettings settings,
        Optional<TrainingHistory> history,
        Optional<Metrics> evaluation,
        Optional<WrittenSamples> samples,
        Optional<PreferenceEvaluation<I>> preferences,
        boolean isCompanion)
        implements AutoCloseable {
    /** A model that didn't learn from preferences. */
    Trained(
            LoadedModel<I> model,
            Provenance provenance,
            TrainingSettings settings,
            Optional<TrainingHistory> history,
            Optional<Metrics> evaluation,
            Optional<WrittenSamples> samples,
            boolean isCompanion) {
        this(model, provenance, settings, history, evaluation, samples, Optional.empty(), isCompanion);
    }

    /** The same that learned from preferences. */
    Trained<I> comparing(PreferenceEvaluation<I> pairs) {
        return new Trained<>(model, provenance, settings, history, evaluation, samples, Optional.of(pairs), isCompanion);
    }

    /** The same native parts with other probabilities and decisions, not evaluated. */
    public Trained<I> calibrated(Calibration calibration) {
        return new Trained<>(
                model.calibrated(calibration), provenance, settings, history, Optional.empty(), samples, preferences, isCompanion);
    }

    /** The same with its metrics on some data. */
    public Trained<I> evaluated(Metrics metrics) {
        return new Trained<>(model, provenance, settings, history, Optional.of(metrics), samples, preferences, isCompanion);
    }

    @Override
    public void close() {
        model.close();
    }
}
