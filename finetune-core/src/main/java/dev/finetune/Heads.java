package dev.finetune;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.LabelSet;
import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Makes the heads that {@link FineTuner#head(Head)} takes. */
public final class Heads {
    private Heads() {}

    /**
     * The head that the labels of a data set ask for: classes, several labels at once, numbers, tags, or answers.
     *
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
        throw new FinetuneException("The first example of " + dataset.describe()
                + " has no label, so there is nothing to learn; read the right label column, or choose a head.");
    }

    /** One class of {@code classes}; their names are found in the data. */
    public static Head classes(int classes) {
        return new Head.Classification(classes, List.of());
    }

    /** One class of those named. */
    public static Head classes(String... labels) {
        final List<String> names = Arguments.copy("labels", labels);
        return new Head.Classification(names.size(), names);
    }

    /** Any number of the classes named; of those found in the data if none is named. */
    public static Head multiLabel(String... labels) {
        return new Head.MultiLabel(Arguments.copy("labels", labels));
    }

    /** One number. */
    public static Head regression() {
        return new Head.Regression(1);
    }

    /** Several numbers. */
    public static Head regression(int targets) {
        return new Head.Regression(targets);
    }

    /** One tag a word, of those named; of those found in the data if none is named. */
    public static Head tokens(String... labels) {
        return new Head.Tokens(Arguments.copy("labels", labels));
    }

    /** One tag a word, of those named. */
    public static Head tokens(List<String> labels) {
        return new Head.Tokens(labels);
    }

    /** The span that answers a question; windows of long passages share 128 tokens at most, answers have 30 at most. */
    public static Head questionAnswering() {
        return new Head.QuestionAnswering(0, 30);
    }

    /** Masked words: 15 % of the tokens are predicted, 80 % of them masked, 10 % replaced, 10 % kept (Devlin et al., 2018). */
    public static Head maskedLm() {
        return new Head.MaskedLm(0.15, false);
    }

    /** No task: one vector an input. */
    public static Head features(Pooling pooling) {
        return new Head.Features(pooling);
    }
}
