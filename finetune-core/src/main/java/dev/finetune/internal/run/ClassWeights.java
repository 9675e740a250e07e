package dev.finetune.internal.run;

import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import dev.finetune.task.ClassWeighting;
import dev.finetune.task.LossOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The class weights of a loss: those that were said, or balanced ones. */
final class ClassWeights {
    private ClassWeights() {}

    static LossOptions of(LossOptions said, Head head, Optional<Dataset<?>> data) {
        if (!said.weighting().balanced()) {
            return said;
        }
        if (!head.isOneOfSeveral()) {
            throw new FinetuneException("loss(l -> l.balancedClassWeights()) is for one class of several, or for tags;"
                    + " with a " + head.kind() + " head it would change nothing: leave it out.");
        }
        if (data.isEmpty()) {
            return said; // Nothing is trained.
        }
        final Map<String, Double> balanced = ClassCounts.of(data.get()).balancedWeights();
        final List<Double> weights = head.labels().stream()
                .map(label -> balanced.getOrDefault(label, 1.0))
                .toList();
        return new LossOptions(said.labelSmoothing(), new ClassWeighting(false, weights), said.focalGamma());
    }
}
