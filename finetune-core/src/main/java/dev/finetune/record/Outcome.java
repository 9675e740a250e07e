package dev.finetune.record;

import java.util.HashSet;
import java.util.List;

/** What a model said of a row of validation data, beside the truth. */
public sealed interface Outcome {
    /** {@return which row it is, counted from 1} */
    int row();

    /** {@return the input as it is shown} */
    ShownInput input();

    /** {@return whether what the model said is what the data says} */
    boolean isRight();

    /**
     * {@return how sure the model was of what it said, 0 to 1; of several labels or tags the surest of those that are wrong;
     * 0 where it gives no probabilities}
     */
    double confidence();

    /**
     * {@return the same with the input shown otherwise}
     *
     * @param other the input as it is shown
     */
    Outcome of(ShownInput other);

    /**
     * One class of several.
     *
     * @param row counted from 1
     * @param input as it is shown
     * @param truth the class of the data
     * @param predicted the class that the model chose
     * @param probabilities of each class, in the order of the labels, rounded to 1e-5
     */
    record OfClass(int row, ShownInput input, String truth, String predicted, List<Double> probabilities)
            implements Outcome {
        /** Keeps its own copy. */
        public OfClass {
            probabilities = List.copyOf(probabilities);
        }

        @Override
        public boolean isRight() {
            return truth.equals(predicted);
        }

        @Override
        public double confidence() {
            return probabilities.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        }

        @Override
        public Outcome of(ShownInput other) {
            return new OfClass(row, other, truth, predicted, probabilities);
        }
    }

    /**
     * Several labels at once.
     *
     * @param row counted from 1
     * @param input as it is shown
     * @param truth the labels of the data
     * @param predicted the labels that the model chose
     * @param probabilities of each label, rounded to 1e-5
     */
    record OfLabels(int row, ShownInput input, List<String> truth, List<String> predicted, List<Double> probabilities)
            implements Outcome {
        /** Keeps its own copies. */
        public OfLabels {
            truth = List.copyOf(truth);
            predicted = List.copyOf(predicted);
            probabilities = List.copyOf(probabilities);
        }

        @Override
        public boolean isRight() {
            return new HashSet<>(truth).equals(new HashSet<>(predicted));
        }

        @Override
        public double confidence() {
            return probabilities.stream()
                    .mapToDouble(probability -> Math.abs(probability - 0.5) + 0.5)
                    .max()
                    .orElse(0);
        }

        @Override
        public Outcome of(ShownInput other) {
            return new OfLabels(row, other, truth, predicted, probabilities);
        }
    }

    /**
     * One or several numbers. It is right where they are the same numbers, which tells little; see the distance.
     *
     * @param row counted from 1
     * @param input as it is shown
     * @param truth of the data
     * @param predicted by the model
     */
    record OfNumbers(int row, ShownInput input, List<Double> truth, List<Double> predicted) implements Outcome {
        /** Keeps its own copies. */
        public OfNumbers {
            truth = List.copyOf(truth);
            predicted = List.copyOf(predicted);
        }

        @Override
        public boolean isRight() {
            return truth.equals(predicted);
        }

        @Override
        public double confidence() {
            return 0;
        }

        /** {@return how far the numbers are from the truth: the largest of the absolute differences} */
        public double distance() {
            double largest = 0;
            for (int i = 0; i < Math.min(truth.size(), predicted.size()); i++) {
                largest = Math.max(largest, Math.abs(truth.get(i) - predicted.get(i)));
            }
            return largest;
        }

        @Override
        public Outcome of(ShownInput other) {
            return new OfNumbers(row, other, truth, predicted);
        }
    }

    /**
     * A tag for each word.
     *
     * @param row counted from 1
     * @param input the sentence as it is shown
     * @param words of the sentence
     * @param truth a tag a word
     * @param predicted a tag a word; empty where the model didn't read the word
     * @param probabilities of these tags, rounded to 1e-5
     */
    record OfTags(
            int row,
            ShownInput input,
            List<String> words,
            List<String> truth,
            List<String> predicted,
            List<Double> probabilities)
            implements Outcome {
        /** Keeps its own copies. */
        public OfTags {
            words = List.copyOf(words);
            truth = List.copyOf(truth);
            predicted = List.copyOf(predicted);
            probabilities = List.copyOf(probabilities);
        }

        @Override
        public boolean isRight() {
            return truth.equals(predicted);
        }

        @Override
        public double confidence() {
            double most = 0;
            for (int i = 0; i < Math.min(truth.size(), predicted.size()); i++) {
                most = truth.get(i).equals(predicted.get(i)) ? most : Math.max(most, probabilities.get(i));
            }
            return most;
        }

        @Override
        public Outcome of(ShownInput other) {
            return new OfTags(row, other, words, truth, predicted, probabilities);
        }
    }

    /**
     * An answer from a passage.
     *
     * @param row counted from 1
     * @param input the question, and the part of the passage around the answers
     * @param accepted the answers of the data; empty where there is none
     * @param predicted the words that the model chose; empty for none
     * @param probability of the answer among its candidates
     * @param f1 the words that it shares with the best of the accepted answers, 0 to 1, as SQuAD counts
     * @param isRight whether it is one of the accepted answers, as SQuAD compares
     */
    record OfAnswer(
            int row,
            ShownInput input,
            List<String> accepted,
            String predicted,
            double probability,
            double f1,
            boolean isRight)
            implements Outcome {
        /** Keeps its own copy. */
        public OfAnswer {
            accepted = List.copyOf(accepted);
        }

        @Override
        public double confidence() {
            return probability;
        }

        @Override
        public Outcome of(ShownInput other) {
            return new OfAnswer(row, other, accepted, predicted, probability, f1, isRight);
        }
    }

    /**
     * What a head says that isn't known here, in words.
     *
     * @param row counted from 1
     * @param input as it is shown
     * @param truth of the data
     * @param predicted by the model
     */
    record Other(int row, ShownInput input, String truth, String predicted) implements Outcome {
        @Override
        public boolean isRight() {
            return truth.equals(predicted);
        }

        @Override
        public double confidence() {
            return 0;
        }

        @Override
        public Outcome of(ShownInput other) {
            return new Other(row, other, truth, predicted);
        }
    }
}
