package dev.finetune.explain;

import dev.finetune.error.FinetuneException;
import dev.finetune.task.Task;
import java.util.List;
import java.util.Objects;

/** Which of a model's outputs is explained. Its score is what the network gives: a logit, or the number of a regression. */
public sealed interface ExplainedOutput {
    /** What the model predicts: the class, the most probable of several labels, the only number. */
    record Predicted() implements ExplainedOutput {}

    /**
     * A label.
     *
     * @param label one of the model's
     */
    record Named(String label) implements ExplainedOutput {
        /** Checks that it is there. */
        public Named {
            Objects.requireNonNull(label, "label");
        }
    }

    /**
     * An output by its place.
     *
     * @param output counted from 0
     */
    record Numbered(int output) implements ExplainedOutput {}

    /**
     * {@return the place of the output, from 0}
     *
     * @param task what the model predicts
     * @param logits of the input, one an output
     * @param predicted the label that the model predicts of one of several; empty for other heads
     * @throws FinetuneException if there is no such output, or if it has to be said which
     */
    default int place(Task task, float[] logits, String predicted) {
        final List<String> labels = task.labels();
        if (this instanceof Named named) {
            if (!labels.contains(named.label)) {
                throw new FinetuneException("There is no output \"" + named.label + "\" to explain; "
                        + (labels.isEmpty()
                                ? "this head's have no names: give a number, from 0"
                                : "there are " + labels)
                        + ".");
            }
            return labels.indexOf(named.label);
        }
        if (this instanceof Numbered numbered) {
            if (numbered.output < 0 || numbered.output >= logits.length) {
                throw new FinetuneException("There is no output " + numbered.output + " to explain; there are "
                        + logits.length + ", counted from 0.");
            }
            return numbered.output;
        }
        return switch (task.scores()) {
            case ONE_OF_SEVERAL -> labels.indexOf(predicted);
            case EACH_BY_ITSELF -> largest(logits);
            case OTHER -> only(task, logits);
        };
    }

    private static int largest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    private static int only(Task task, float[] logits) {
        if (logits.length != 1) {
            throw new FinetuneException("A " + task.head().kind() + " head gives " + logits.length
                    + " numbers: say which is to be explained, with target(0), say.");
        }
        return 0;
    }
}
