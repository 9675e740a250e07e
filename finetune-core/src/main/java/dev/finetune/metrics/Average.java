package dev.finetune.metrics;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How per-class values become one, as scikit-learn's {@code average}, from counts of right, predicted and true examples.
 */
enum Average {
    /** The plain mean over the classes. */
    MACRO,
    /** From the counts of all classes together. */
    MICRO,
    /** The mean weighted by support. */
    WEIGHTED;

    /**
     * Counts of one class.
     *
     * @param right predicted and true
     * @param predicted all predictions of it
     * @param support all examples of it
     */
    record Counts(String name, long right, long predicted, long support) {
        double precision() {
            return predicted == 0 ? 0 : (double) right / predicted;
        }

        double recall() {
            return support == 0 ? 0 : (double) right / support;
        }

        double f1() {
            return predicted + support == 0 ? 0 : 2.0 * right / (predicted + support);
        }

        Metrics.PerClass row() {
            return new Metrics.PerClass(name, precision(), recall(), f1(), support);
        }
    }

    double of(List<Counts> classes, ToDoubleFunction<Counts> value) {
        return switch (this) {
            case MACRO -> classes.stream().mapToDouble(value).average().orElse(0);
            case MICRO ->
                value.applyAsDouble(new Counts(
                        "",
                        classes.stream().mapToLong(Counts::right).sum(),
                        classes.stream().mapToLong(Counts::predicted).sum(),
                        classes.stream().mapToLong(Counts::support).sum()));
            case WEIGHTED -> {
                final long all = classes.stream().mapToLong(Counts::support).sum();
                yield all == 0
                        ? 0
                        : classes.stream()
                                        .mapToDouble(c -> value.applyAsDouble(c) * c.support())
                                        .sum()
                                / all;
            }
        };
    }

    /** The counts of each class of a confusion matrix. */
    static List<Counts> counts(ConfusionMatrix matrix, List<String> names) {
        return IntStream.range(0, matrix.classes())
                .mapToObj(i -> new Counts(names.get(i), matrix.count(i, i), matrix.predicted(i), matrix.support(i)))
                .toList();
    }
}
