package dev.finetune.task;

import dev.finetune.batch.Target;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import java.util.function.Function;

/** Turns labels into targets for the heads that don't depend on how an input is encoded. */
public final class Targets {
    private Targets() {}

    /**
     * {@return how a head's labels become targets} {@link Label.None} becomes {@link Target.None}, for prediction.
     *
     * @param head whose labels are known
     * @throws FinetuneException from the function, if a label is of another kind than the head's, or unknown to it
     */
    public static Function<Label, Target> of(Head head) {
        if (head instanceof Head.Classification || head instanceof Head.MultiLabel) {
            final LabelSet labels = LabelSet.of(head.labels());
            return label -> label instanceof Label.None ? new Target.None() : target(head, labels, label);
        }
        return label -> label instanceof Label.None ? new Target.None() : target(head, label);
    }

    private static Target target(Head head, LabelSet labels, Label label) {
        if (head instanceof Head.Classification && label instanceof Label.Category category) {
            return new Target.Index(labels.indexOf(category.name()));
        }
        if (head instanceof Head.MultiLabel && label instanceof Label.Categories categories) {
            final float[] truths = new float[labels.size()];
            categories.names().forEach(name -> truths[labels.indexOf(name)] = 1);
            return new Target.Vector(truths);
        }
        throw mismatch(head, label);
    }

    private static Target target(Head head, Label label) {
        if (head instanceof Head.Regression regression && label instanceof Label.Values values) {
            if (values.values().size() != regression.targets()) {
                throw new FinetuneException("The head predicts " + regression.targets()
                        + " number(s), but an example has " + values.values().size() + ": " + values.values());
            }
            final float[] numbers = new float[regression.targets()];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = values.values().get(i).floatValue();
            }
            return new Target.Vector(numbers);
        }
        if (head instanceof Head.MaskedLm || head instanceof Head.Features) {
            return new Target.None();
        }
        throw mismatch(head, label);
    }

    private static FinetuneException mismatch(Head head, Label label) {
        return new FinetuneException("A " + head.getClass().getSimpleName() + " head can't learn from the label "
                + label + "; labels for it are made by " + expected(head) + ".");
    }

    private static String expected(Head head) {
        if (head instanceof Head.Classification) {
            return "Label.of(\"name\")";
        }
        if (head instanceof Head.MultiLabel) {
            return "new Label.Categories(Set.of(\"name\", ...))";
        }
        return head instanceof Head.Regression ? "Label.of(number)" : "the reader of its kind of data";
    }
}
