package dev.finetune.train;

import java.util.List;
import java.util.Optional;

/**
 * How training went.
 *
 * @param steps every optimizer step
 * @param epochs every evaluation
 * @param best the evaluation whose weights were kept, if the best was to be kept
 * @param end why training ended
 * @param seconds how long it took, evaluations included
 * @param trainingSeconds how long it took, evaluations left out
 */
public record TrainingHistory(
        List<StepReport> steps,
        List<EpochReport> epochs,
        Optional<EpochReport> best,
        End end,
        double seconds,
        double trainingSeconds) {
    /** Why training ended. */
    public enum End {
        /** All epochs or steps were done. */
        FINISHED,
        /** The metric stopped improving. */
        EARLY_STOPPING,
        /** The time was up. */
        OUT_OF_TIME,
        /** Someone asked for it. */
        CANCELLED
    }

    /** Keeps its own copies. */
    public TrainingHistory {
        steps = List.copyOf(steps);
        epochs = List.copyOf(epochs);
    }
}
