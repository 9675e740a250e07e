package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often each class occurs.
 *
 * @param counts occurrences by class, at least 1 each, in the order of {@link LabelSet#discover}; for tags, one
 *     occurrence a word
 */
public record ClassCounts(Map<String, Long> counts) {
    /** Keeps its own copy, in the same order. */
    public ClassCounts {
        counts.forEach((name, count) -> {
            if (count < 1) {
                throw new FinetuneException("The count of class \"" + name + "\" is " + count
                        + ", expected at least 1. Leave out classes that don't occur.");
            }
        });
        counts = Collections.unmodifiableMap(new LinkedHashMap<>(counts));
    }

    /**
     * Counts the classes (or tags) of a data set.
     *
     * @param data labelled examples; streamed ones are read once
     * @return how often each class occurs, in the order of {@link LabelSet#discover}
     * @throws FinetuneException if an example's label has no class, or labels are of different kinds
     */
    public static ClassCounts of(Dataset<?> data) {
        LabelSet.Counter counter = new LabelSet.Counter(data.describe());
        data.forEach(counter::add);
        return of(counter);
    }

    static ClassCounts of(LabelSet.Counter counter) {
        Map<String, Long> ordered = new LinkedHashMap<>();
        counter.order().forEach(name -> ordered.put(name, counter.counts().get(name)));
        return new ClassCounts(ordered);
    }

    /** {@return the sum over all classes: for single-class examples, the number of examples} */
    public long total() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * {@return how many times as often the most frequent class occurs as the rarest; 1 if there are fewer than two
     * classes}
     */
    public double imbalance() {
        if (counts.size() < 2) {
            return 1;
        }
        return (double) Collections.max(counts.values()) / Collections.min(counts.values());
    }

    /**
     * {@return weights that make every class count the same in the loss: {@code n / (k * count)} with n the {@link
     * #total} and k the number of classes (as {@code class_weight="balanced"} of scikit-learn), in the order of {@link
     * #counts}}
     */
    public Map<String, Double> balancedWeights() {
        double share = (double) total() / counts.size();
        Map<String, Double> weights = new LinkedHashMap<>();
        counts.forEach((name, count) -> weights.put(name, share / count));
        return Collections.unmodifiableMap(weights);
    }
}
