package dev.finetune.internal.run;

import dev.finetune.task.LossOptions;
import dev.finetune.train.TrainingSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Settings, as they are written, and whether each was said: what would do nothing in one way to train. */
final class IdleSettings {
    private final Map<String, Boolean> said = new LinkedHashMap<>();

    /** Those of the loss of classes. */
    static IdleSettings ofClasses(Draft draft) {
        final LossOptions loss = draft.loss();
        return new IdleSettings()
                .and("loss(l -> l.classWeights(...))", !loss.classWeights().isEmpty())
                .and("loss(l -> l.balancedClassWeights())", loss.weighting().balanced())
                .and(
                        "batching(b -> b.balancedSampling(true))",
                        draft.training().batching().balancedSampling())
                .and("loss(l -> l.labelSmoothing(...))", loss.labelSmoothing() > 0)
                .and("loss(l -> l.focalGamma(...))", loss.focalGamma() > 0);
    }

    /** With those of evaluations, and of texts that are shown with them. */
    IdleSettings andEvaluations(Draft draft) {
        final TrainingSettings training = draft.training();
        return and("earlyStopping(...)", training.earlyStopping().isPresent())
                .and(
                        "keepBest(...)",
                        training.keepBest().isPresent() && training.earlyStopping().isEmpty())
                .and("samples(...)", draft.samples().isPresent());
    }

    /** With two passes over a batch. */
    IdleSettings andTwoPasses(Draft draft) {
        return and(
                "regularization(r -> r.rDrop(...))",
                draft.training().regularization().rDrop() > 0);
    }

    IdleSettings and(String setting, boolean isSaid) {
        said.put(setting, isSaid);
        return this;
    }

    /** The names of those that were said, empty if none was. */
    Optional<String> names() {
        return Optional.of(said.entrySet().stream()
                        .filter(Map.Entry::getValue)
                        .map(Map.Entry::getKey)
                        .collect(Collectors.joining(", ")))
                .filter(names -> !names.isEmpty());
    }
}
