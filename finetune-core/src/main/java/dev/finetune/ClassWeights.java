package dev.finetune;

import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.task.LossOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The class weights of a loss: those that were said, or balanced ones. */
final class ClassWeights {
    private ClassWeights() {}

    static LossOptions of(Draft draft, Head head, Optional<Dataset<?>> data) {
        if (!draft.balancedClassWeights || data.isEmpty() || !(head instanceof Head.Classification)) {
            return draft.loss;
        }
        final Map<String, Double> balanced = ClassCounts.of(data.get()).balancedWeights();
        final List<Double> weights = head.labels().stream()
                .map(label -> balanced.getOrDefault(label, 1.0))
                .toList();
        return draft.loss.withClassWeights(weights);
    }
}
