package dev.finetune.head;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.Objects;

/** What a model is to predict; {@link Heads} makes them. */
public sealed interface Head {
    /**
     * {@return the names of the classes or tags; empty where they are still to be found in the data, or where there are
     * none}
     */
    default List<String> labels() {
        return List.of();
    }

    /**
     * One class of several.
     *
     * @param classes how many
     * @param labels their names, or empty: then those found in the data
     */
    record Classification(int classes, List<String> labels) implements Head {
        /** Checks that there are at least two classes, and a name for each or none at all. */
        public Classification {
            labels = checked(labels);
            if (classes < 2) {
                throw new FinetuneException("A classification head needs at least 2 classes, not " + classes
                        + "; for one number use Heads.regression().");
            }
            if (!labels.isEmpty() && labels.size() != classes) {
                throw new FinetuneException(
                        "head: " + classes + " classes, but " + labels.size() + " labels: " + labels);
            }
        }

        @Override
        public String toString() {
            return "one of " + classes + " classes" + named(labels);
        }
    }

    /**
     * Any number of classes at once, each with a probability of its own.
     *
     * @param labels their names, or empty: then those found in the data
     */
    record MultiLabel(List<String> labels) implements Head {
        /** Keeps its own copy. */
        public MultiLabel {
            labels = checked(labels);
        }

        @Override
        public String toString() {
            return "any of several labels" + named(labels);
        }
    }

    /**
     * One or several numbers.
     *
     * @param targets how many
     */
    record Regression(int targets) implements Head {
        /** Checks that there is at least one. */
        public Regression {
            if (targets < 1) {
                throw new FinetuneException("A regression head needs at least 1 target, not " + targets + ".");
            }
        }

        @Override
        public String toString() {
            return targets == 1 ? "a number" : targets + " numbers";
        }
    }

    /**
     * One tag a word.
     *
     * @param labels the tags (IOB2: "O", "B-PER", "I-PER" ...), or empty: then those found in the data
     */
    record Tokens(List<String> labels) implements Head {
        /** Keeps its own copy. */
        public Tokens {
            labels = checked(labels);
        }

        @Override
        public String toString() {
            return "a tag for each word" + named(labels);
        }
    }

    /**
     * The span of a passage that answers a question.
     *
     * @param docStride how many tokens two windows of a long passage share; 0 for 128, or a quarter of the maximum
     *     length where that is less
     * @param maxAnswerLength the longest answer that is looked for, in tokens
     */
    record QuestionAnswering(int docStride, int maxAnswerLength) implements Head {
        /** Checks the ranges. */
        public QuestionAnswering {
            if (docStride < 0 || maxAnswerLength < 1) {
                throw new FinetuneException(
                        "Question answering needs a doc stride of at least 0 and a positive answer length, not "
                                + docStride + " and " + maxAnswerLength + ".");
            }
        }

        @Override
        public String toString() {
            return "the words that answer a question, of at most " + maxAnswerLength + " tokens, in windows that share "
                    + docStride;
        }
    }

    /**
     * The words that were masked: to go on pretraining on a domain's own text.
     *
     * @param probability the share of tokens that is predicted
     * @param wholeWords whether a word is masked whole or not at all
     */
    record MaskedLm(double probability, boolean wholeWords) implements Head {
        /** Checks that the probability is one. */
        public MaskedLm {
            if (!(probability > 0 && probability < 1)) {
                throw new FinetuneException(
                        "The masking probability must lie between 0 and 1, not at " + probability + ".");
            }
        }

        @Override
        public String toString() {
            return "masked " + (wholeWords ? "words" : "tokens") + ", " + probability + " of all";
        }
    }

    /**
     * No task: one vector an input, for an index or a classifier of the user's own.
     *
     * @param pooling how an input's token vectors become one
     */
    record Features(Pooling pooling) implements Head {
        /** Checks that there is one. */
        public Features {
            Objects.requireNonNull(pooling, "pooling");
        }

        @Override
        public String toString() {
            return "vectors, pooled by " + pooling;
        }
    }

    private static String named(List<String> labels) {
        return labels.isEmpty() ? "" : ": " + String.join(", ", labels);
    }

    private static List<String> checked(List<String> labels) {
        final List<String> names = Arguments.copy(labels, "labels");
        if (names.stream().distinct().count() != names.size()) {
            throw new FinetuneException("Labels must differ from each other: " + names);
        }
        return names;
    }
}
