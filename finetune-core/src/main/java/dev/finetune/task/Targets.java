package dev.finetune.task;

import dev.finetune.batch.Target;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import java.util.Optional;
import java.util.function.Function;

/** Turns labels into targets for the heads that don't depend on how an input is encoded. */
final class Targets {
    private Targets() {}

    /**
     * How a head's labels become targets. {@link Label.None} becomes {@link Target.None}, for prediction.
     *
     * @param known gives the target of a label of the head's kind, and nothing for others, which are refused
     */
    static Function<Label, Target> of(Head head, Function<Label, Optional<Target>> known) {
        return label -> label instanceof Label.None
                ? new Target.None()
                : known.apply(label).orElseThrow(() -> mismatch(head, label));
    }

    private static FinetuneException mismatch(Head head, Label label) {
        return new FinetuneException("A " + head.kind() + " head can't learn from the label " + label
                + "; labels for it are made by " + head.labelAdvice() + ".");
    }
}
