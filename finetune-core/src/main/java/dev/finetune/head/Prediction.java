package dev.finetune.head;

import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a model says of one input. Which kind it is follows from the head; the methods of this interface answer where
 * they make sense and throw an {@link IllegalStateException} that says so where they don't.
 */
public interface Prediction {
    /**
     * {@return the label of a class, the text of an answer, or the most probable token of the one place that is masked}
     */
    default String label() {
        throw new IllegalStateException("a " + kind() + " has no single label: " + this);
    }

    /** {@return the probability of the label that was predicted} */
    default double probability() {
        return probability(label());
    }

    /**
     * {@return the probability of a label}
     *
     * @param label one of the head's
     */
    default double probability(String label) {
        final Double probability = probabilities().get(label);
        if (probability == null) {
            throw new IllegalArgumentException(
                    "no label \"" + label + "\"; there are " + probabilities().keySet());
        }
        return probability;
    }

    /** {@return the probability of each label, in the order of the labels} */
    default Map<String, Double> probabilities() {
        throw new IllegalStateException("a " + kind() + " has no probability per label: " + this);
    }

    /** {@return the number predicted by a regression of one target} */
    default double value() {
        throw new IllegalStateException("a " + kind() + " is not a number: " + this);
    }

    /**
     * {@return this prediction as the kind that it is: {@code prediction.as(Prediction.Tags.class).tags()}}
     *
     * @param <P> the kind of prediction
     * @param kind the kind that the model's head predicts
     * @throws FinetuneException if it is of another kind
     */
    default <P extends Prediction> P as(Class<P> kind) {
        Objects.requireNonNull(kind, "kind");
        if (!kind.isInstance(this)) {
            throw new FinetuneException("This model predicts " + kind() + ", not " + kind.getSimpleName()
                    + ": ask for Prediction." + kind() + ".class, or load a model with another head.");
        }
        return kind.cast(this);
    }

    /** {@return the raw outputs of the network, before softmax or sigmoid: (classes), or one row a token} */
    List<float[]> logits();

    private static String told(String label, double probability) {
        return String.format(Locale.ROOT, "%s (%.1f %%)", label, 100 * probability);
    }

    private String kind() {
        return getClass().getSimpleName();
    }

    /**
     * One class of several.
     *
     * @param label the most probable class, or the one that a threshold chose
     * @param probabilities of each class, in the order of the labels; they sum to 1
     * @param logits one array: a number a class
     */
    record Category(String label, Map<String, Double> probabilities, List<float[]> logits) implements Prediction {
        @Override
        public String toString() {
            return Prediction.told(label, probability());
        }

        /**
         * {@return the k most probable labels with their probabilities, the most probable first}
         *
         * @param k at most as many are given
         */
        public List<Map.Entry<String, Double>> top(int k) {
            return probabilities.entrySet().stream()
                    .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                    .limit(k)
                    .toList();
        }
    }

    /**
     * The labels whose probability is at least their threshold, one half unless {@link
     * dev.finetune.FineTuned#tuneThresholds} found others, and the probability of every label.
     *
     * @param labels in the order of the head; empty if none is probable enough
     * @param probabilities of each label by itself, in the order of the head
     * @param logits one array: a number a label
     */
    record Categories(List<String> labels, Map<String, Double> probabilities, List<float[]> logits)
            implements Prediction {
        @Override
        public String toString() {
            return labels.isEmpty()
                    ? "no label"
                    : labels.stream()
                            .map(label -> Prediction.told(label, probability(label)))
                            .collect(Collectors.joining(", "));
        }
    }

    /**
     * One or several numbers.
     *
     * @param values one a target
     * @param logits one array: the same numbers
     */
    record Numbers(List<Double> values, List<float[]> logits) implements Prediction {
        @Override
        public double value() {
            if (values.size() != 1) {
                throw new IllegalStateException("these are " + values.size() + " numbers, not one: values() has them");
            }
            return values.get(0);
        }

        @Override
        public String toString() {
            return values.stream().map(String::valueOf).collect(Collectors.joining(", "));
        }
    }

    /**
     * One tag a word, with its probability. Words that the model didn't read, because they lie beyond the maximum length or
     * consist of nothing that the tokenizer knows (a soft hyphen, say), have an empty tag and the probability 0.
     *
     * @param tags one a word
     * @param tagProbabilities of these tags, one a word
     * @param logits one array a token: a number a tag
     */
    record Tags(List<String> tags, List<Double> tagProbabilities, List<float[]> logits) implements Prediction {
        /** {@return the indices of the words that the model didn't read, in order; usually none} */
        public List<Integer> unread() {
            return IntStream.range(0, tags.size())
                    .filter(i -> tags.get(i).isEmpty())
                    .boxed()
                    .toList();
        }

        @Override
        public String toString() {
            return tags.stream().map(tag -> tag.isEmpty() ? "(not read)" : tag).collect(Collectors.joining(" "));
        }
    }

    /**
     * The span that answers a question.
     *
     * @param candidates the best spans, the best first; empty if none is valid
     * @param logits start and end logits of each window of the passage
     */
    record Span(List<Candidate> candidates, List<float[]> logits) implements Prediction {
        /** The text of the best span; empty if none is valid. */
        @Override
        public String label() {
            return candidates.isEmpty() ? "" : candidates.get(0).answer().text();
        }

        @Override
        public double probability() {
            return candidates.isEmpty() ? 0 : candidates.get(0).probability();
        }

        @Override
        public String toString() {
            return Prediction.told(label(), probability());
        }
    }

    /**
     * A span that may answer a question.
     *
     * @param answer its words and where they start
     * @param score start logit + end logit
     * @param probability softmax of the score among the candidates
     */
    record Candidate(Label.Answer answer, double score, double probability) {}

    /**
     * For each masked place of a text, the most probable tokens and their probabilities.
     *
     * @param places in the order of the text, each with the most probable token first
     * @param logits one array a place: a number a token of the vocabulary
     */
    record Fills(List<Map<String, Double>> places, List<float[]> logits) implements Prediction {
        @Override
        public String label() {
            if (places.size() != 1) {
                throw new IllegalStateException(
                        places.isEmpty()
                                ? "the text has no mask token, so there is nothing to fill in"
                                : places.size() + " places of the text are masked, not one: places() has them");
            }
            return places.get(0).keySet().iterator().next();
        }

        @Override
        public double probability() {
            return Objects.requireNonNull(places.get(0).get(label()));
        }

        @Override
        public String toString() {
            return places.isEmpty()
                    ? "nothing masked"
                    : places.stream().map(Fills::told).collect(Collectors.joining("; "));
        }

        private static String told(Map<String, Double> place) {
            return place.entrySet().stream()
                    .map(entry -> Prediction.told(entry.getKey(), entry.getValue()))
                    .collect(Collectors.joining(", "));
        }
    }

    /**
     * The vector of an input (feature extraction): width numbers.
     *
     * @param logits one array: the vector
     */
    record Vector(List<float[]> logits) implements Prediction {
        private static final int SHOWN = 4;

        /** {@return the numbers} */
        public float[] vector() {
            return logits.get(0);
        }

        @Override
        public String toString() {
            final String first = IntStream.range(0, Math.min(SHOWN, vector().length))
                    .mapToObj(i -> String.valueOf(vector()[i]))
                    .collect(Collectors.joining(", "));
            return vector().length + " numbers: " + first + (vector().length > SHOWN ? " ..." : "");
        }
    }
}
