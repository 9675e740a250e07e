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
 * @param stoppedBy the class that asked it to stop, if that is why it ended ({@link TrainingControl#stop})
 * @param seconds how long it took, evaluations included
 * @param trainingSeconds how long it took, evaluations left out
 */
public record TrainingHistory(
        List<StepReport> steps,
        List<EpochReport> epochs,
        Optional<EpochReport> best,
        End end,
        Optional<String> stoppedBy,
        double seconds,
        double trainingSeconds) {
    /** Why training ended. */
    public enum End {
        /** All epochs or steps were done. */
        FINISHED("finished"),
        /** The metric stopped improving. */
        EARLY_STOPPING("stopped early"),
        /** The time was up. */
        OUT_OF_TIME("out of time"),
        /** A listener asked for it ({@link TrainingControl#stop}). */
        STOPPED("stopped by a listener"),
        /** A {@link Cancellation} asked for it, or the thread was interrupted. */
        CANCELLED("cancelled");

        private final String words;

        End(String words) {
            this.words = words;
        }

        /** {@return the same in words} */
        public String words() {
            return words;
        }

        /** {@return whether someone asked for it: a listener, a cancellation, or who interrupted the thread} */
        public boolean isByRequest() {
            return this == STOPPED || this == CANCELLED;
        }
    }

    /** {@return why training ended, in words, with who asked for it where that is known} */
    public String ended() {
        return end.words() + stoppedBy.map(who -> " (" + who + ")").orElse("");
    }

    /** Keeps its own copies. */
    public TrainingHistory {
        steps = List.copyOf(steps);
        epochs = List.copyOf(epochs);
    }

    /**
     * {@return the evaluation of the weights that were kept: the best one where the best was to be kept, else the last
     * one, unless more steps came after it (training was stopped or cancelled)}
     */
    public Optional<EpochReport> kept() {
        if (best.isPresent() || epochs.isEmpty()) {
            return best;
        }
        final EpochReport last = epochs.get(epochs.size() - 1);
        return last.step() == steps.size() ? Optional.of(last) : Optional.empty();
    }
}
