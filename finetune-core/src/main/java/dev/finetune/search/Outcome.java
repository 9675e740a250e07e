package dev.finetune.search;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.TrainingHistory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt of automatic tuning came to; NaN where it came to nothing.
 *
 * @param model on validation data; none where several were cross-validated, or where it came to nothing
 * @param tuner what it was trained with
 * @param trouble why it came to nothing, empty where it didn't
 */
record Outcome<I>(
        @Nullable FineTuned<I> model, FineTuner tuner, double value, double loss, List<Metrics> folds, String trouble) {
    /** Nothing came of it. */
    static <I> Outcome<I> nothing(FineTuner tuner, String trouble) {
        return new Outcome<>(null, tuner, Double.NaN, Double.NaN, List.of(), trouble);
    }

    /**
     * What a model on validation data came to; it is closed where that is nothing.
     *
     * @param model is owned by the outcome
     * @param settings what it was trained with
     * @param timed the same with the time that it had
     */
    static <I> Outcome<I> of(FineTuned<I> model, FineTuner settings, FineTuner timed, String metric) {
        try {
            final Optional<Metrics> evaluation = evaluation(model);
            if (evaluation.isEmpty()) {
                final String trouble = notEvaluated(model);
                model.close();
                return nothing(settings, trouble);
            }
            return new Outcome<>(
                    model,
                    end(model) == TrainingHistory.End.OUT_OF_TIME ? timed : settings,
                    evaluation.get().get(metric),
                    evaluation.get().get("loss"),
                    List.of(),
                    "");
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Settings that train no longer than this, nor than they say. */
    static FineTuner within(Duration longest, FineTuner settings) {
        return settings.maxTime(settings.settings()
                .maxTime()
                .filter(said -> said.compareTo(longest) < 0)
                .orElse(longest));
    }

    static TrainingHistory.End end(FineTuned<?> model) {
        return model.history().orElseThrow().end();
    }

    static String notEvaluated(FineTuned<?> model) {
        return (end(model).isByRequest() ? "it was " + end(model).words() : "its time was up")
                + " before it was evaluated";
    }

    /**
     * A model's evaluation, if it was evaluated before it ended. One that was stopped or cancelled counts only if it kept its best
     * evaluation, for it learned on after its last.
     */
    static Optional<Metrics> evaluation(FineTuned<?> model) {
        final TrainingHistory history = model.history().orElseThrow();
        final boolean evaluated = history.end().isByRequest()
                ? history.best().isPresent()
                : !history.epochs().isEmpty();
        return evaluated ? Optional.of(model.evaluation()) : Optional.empty();
    }
}
