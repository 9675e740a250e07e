package dev.finetune.head;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.ReadAsText;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.util.Optional;
import java.util.stream.Stream;

/** Whether a head can learn from the labels of some data. */
public final class DataForHead {
    private DataForHead() {}

    /**
     * Checks the first example.
     *
     * @param head that is to learn
     * @param data labelled examples
     * @throws FinetuneException if the head would learn nothing from its label; the message says what to write
     */
    public static void check(Head head, Dataset<?> data) {
        first(data).filter(label -> !head.learnsFrom(label)).ifPresent(label -> {
            throw new FinetuneException(message(head, label, data));
        });
    }

    /**
     * {@return the error that all labels of some data are the same one}
     *
     * @param label that one
     * @param data where it was found
     */
    public static FinetuneException oneClass(String label, Dataset<?> data) {
        return new FinetuneException("All labels of " + data.describe() + " are \"" + label
                + "\", so that there is nothing to tell apart. Was the right label column read, or only the start of a"
                + " sorted file? Where other classes are to come, name them all: head(\"" + label + "\", ...).");
    }

    private static Optional<Label> first(Dataset<?> data) {
        try (Stream<? extends Example<?>> examples = data.stream()) {
            return examples.findFirst().map(Example::label);
        }
    }

    private static String message(Head head, Label label, Dataset<?> data) {
        if (label instanceof Label.Comparison) {
            return "The examples of " + data.describe()
                    + " say which of two answers is preferred, which fit(...) doesn't"
                    + " learn: use fitPreferences(...), with head(Heads.causalLm()). A model is evaluated on them by"
                    + " evaluate(pairs, Dpo.beta(0.1)), or Orpo.lambda(0.1).";
        }
        if (head.labelAdvice().isEmpty()) {
            return "The head is for " + head + ", and learns nothing: say what to predict, "
                    + (label instanceof Label.None ? "such as head(2)" : fitting(label)) + ", or use untrained(...).";
        }
        if (label instanceof Label.None) {
            return "The examples of " + data.describe() + " have no labels, and the head is for " + head
                    + ", which it learns from labels: read the label column ("
                    + head.labelAdvice()
                    + "), or, " + withoutLabels(data.inputType());
        }
        return "The examples of " + data.describe() + " are labelled with " + described(label)
                + ", and the head is for "
                + head + ", which would learn nothing from that: say " + fitting(label)
                + (head.learnsFrom(Label.none())
                        ? ", or, to go on pretraining on the texts alone, read them without labels: unlabelled()."
                        : ", or read labels that fit the head: " + head.labelAdvice() + ".");
    }

    /** What learns from inputs alone; conversations are read as text, and are no {@link Text}. */
    private static String withoutLabels(Class<?> inputs) {
        return ReadAsText.class.isAssignableFrom(inputs)
                ? "to learn what is said in them, say head(Heads.causalLm())."
                : "to go on pretraining on the texts alone, say head(Heads.maskedLm()), or, of a model that writes,"
                        + " head(Heads.causalLm()).";
    }

    private static String described(Label label) {
        if (label instanceof Label.Category) {
            return "one class each";
        }
        if (label instanceof Label.Categories) {
            return "any number of classes each";
        }
        if (label instanceof Label.Values values) {
            return values.values().size() == 1
                    ? "a number each"
                    : values.values().size() + " numbers each";
        }
        if (label instanceof Label.Tags) {
            return "a tag a word";
        }
        return label instanceof Label.Answers
                ? "answers"
                : "a " + label.getClass().getSimpleName() + " each";
    }

    private static String fitting(Label label) {
        if (label instanceof Label.Category) {
            return "head(...) with the number or the names of the classes";
        }
        if (label instanceof Label.Categories) {
            return "head(Heads.multiLabel())";
        }
        if (label instanceof Label.Values values) {
            return "head(Heads.regression(" + values.values().size() + "))";
        }
        if (label instanceof Label.Tags) {
            return "head(Heads.tokens())";
        }
        return label instanceof Label.Answers ? "head(Heads.questionAnswering())" : "a head that learns from it";
    }
}
