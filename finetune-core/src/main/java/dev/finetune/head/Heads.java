package dev.finetune.head;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Makes the heads that {@link dev.finetune.FineTuner#head(Head)} takes. */
public final class Heads {
    private Heads() {}

    /**
     * {@return the head that the labels of a data set ask for: classes, several labels at once, numbers, tags, or
     * answers}
     *
     * @param dataset labelled examples; of classes all are read, to count them
     * @throws FinetuneException if the data is empty, or its first example has no label
     */
    public static Head forLabels(Dataset<?> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        final Label first;
        try (Stream<? extends Example<?>> examples = dataset.stream()) {
            first = examples.findFirst()
                    .orElseThrow(() -> new FinetuneException("There are no examples in " + dataset.describe() + "."))
                    .label();
        }
        if (first instanceof Label.Category) {
            final List<String> labels = LabelSet.discover(dataset).names();
            if (labels.size() == 1) {
                throw DataForHead.oneClass(labels.get(0), dataset);
            }
            return classes(labels.size());
        }
        if (first instanceof Label.Categories) {
            return multiLabel();
        }
        if (first instanceof Label.Values values) {
            return regression(values.values().size());
        }
        if (first instanceof Label.Tags) {
            return tokens();
        }
        if (first instanceof Label.Answers) {
            return questionAnswering();
        }
        if (!(first instanceof Label.None)) {
            throw new FinetuneException("The first example of " + dataset.describe() + " has the label " + first
                    + ", which isn't of a kind that says its head: choose the head that learns from it.");
        }
        throw new FinetuneException("The first example of " + dataset.describe()
                + " has no label, so there is nothing to learn; read the right label column, or choose a head.");
    }

    /**
     * {@return a head for one class of {@code classes}; their names are found in the data}
     *
     * @param classes how many, at least 2
     */
    public static Head classes(int classes) {
        return new Head.Classification(classes, List.of());
    }

    /**
     * {@return a head for one class of those named}
     *
     * @param labels at least two different names, in the order of the outputs
     */
    public static Head classes(String... labels) {
        final List<String> names = Arguments.copy("labels", labels);
        return new Head.Classification(names.size(), names);
    }

    /**
     * {@return a head for any number of the classes named; of those found in the data if none is named}
     *
     * @param labels different names, in the order of the outputs
     */
    public static Head multiLabel(String... labels) {
        return new Head.MultiLabel(Arguments.copy("labels", labels));
    }

    /** {@return a head for one number} */
    public static Head regression() {
        return new Head.Regression(1);
    }

    /**
     * {@return a head for several numbers}
     *
     * @param targets how many, at least 1
     */
    public static Head regression(int targets) {
        return new Head.Regression(targets);
    }

    /**
     * {@return a head for one tag a word, of those named; of those found in the data if none is named}
     *
     * @param labels such as "O", "B-PER" and "I-PER", in the order of the outputs
     */
    public static Head tokens(String... labels) {
        return new Head.Tokens(Arguments.copy("labels", labels));
    }

    /**
     * {@return a head for one tag a word, of those named}
     *
     * @param labels such as "O", "B-PER" and "I-PER", in the order of the outputs
     */
    public static Head tokens(List<String> labels) {
        return new Head.Tokens(labels);
    }

    /**
     * {@return the span that answers a question; windows of long passages share 128 tokens at most, answers have 30 at
     * most}
     */
    public static Head questionAnswering() {
        return new Head.QuestionAnswering(0, 30);
    }

    /**
     * Masked words: 15 % of the tokens are predicted, 80 % of them masked, 10 % replaced, 10 % kept (Devlin et al., 2018).
     *
     * @return the head of masked words: 15 % of the tokens are predicted, 80 % of them masked, 10 % replaced, 10 % kept
     *     (Devlin et al., 2018)
     */
    public static Head maskedLm() {
        return new Head.MaskedLm(0.15, false);
    }

    /** {@return the tokens that come next, for models that go on with a text or a conversation} */
    public static Head causalLm() {
        return new Head.CausalLm();
    }

    /**
     * {@return a text for a text, for models that read one and write another: summaries, translations; what is to be written has
     * 128 tokens at most}
     */
    public static Head.Seq2SeqLm seq2SeqLm() {
        return new Head.Seq2SeqLm(128);
    }

    /**
     * {@return a head without a task: one vector an input}
     *
     * @param pooling how the vectors of an input's tokens become one
     */
    public static Head features(Pooling pooling) {
        Objects.requireNonNull(pooling, "pooling");
        return new Head.Features(pooling);
    }
}
