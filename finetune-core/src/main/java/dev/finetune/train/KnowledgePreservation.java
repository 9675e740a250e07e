package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import java.util.Optional;

/**
 * How gently a pretrained network is changed: less near its input, later near its input, and without the noise of the
 * last steps.
 *
 * @param layerDecay what each stage's learning rate is of that of the stage above it; 1 for one rate throughout
 * @param epochsPerStage epochs until one more stage is trained, from the head down; 0 to train all from the start
 * @param average of the weights, evaluated and kept instead of the last ones, if wanted
 * @param regularization what is added to the loss
 */
public record KnowledgePreservation(
        double layerDecay,
        double epochsPerStage,
        Optional<WeightAverage> average,
        RegularizationSettings regularization) {
    /** One rate, all from the start, no average, the task's loss alone: plain fine-tuning. */
    public static final KnowledgePreservation NONE =
            new KnowledgePreservation(1, 0, Optional.empty(), RegularizationSettings.NONE);

    /** Checks the ranges. */
    public KnowledgePreservation {
        if (!(layerDecay > 0 && layerDecay <= 1)) {
            throw new FinetuneException("layerDecay must be above 0 and at most 1 (0.9 is usual for a dozen layers),"
                    + " but is " + layerDecay + ".");
        }
        if (!(epochsPerStage >= 0) || Double.isInfinite(epochsPerStage)) {
            throw new FinetuneException(
                    "The epochs per stage must be a number above 0, or 0 for none, but are " + epochsPerStage + ".");
        }
    }

    /**
     * {@return the same with another layer decay}
     *
     * @param factor above 0 and at most 1; 1 for one rate throughout
     */
    public KnowledgePreservation withLayerDecay(double factor) {
        return new KnowledgePreservation(factor, epochsPerStage, average, regularization);
    }

    /**
     * {@return the same with gradual unfreezing}
     *
     * @param epochs above 0; after so many the next stage is unfrozen
     * @throws FinetuneException if the epochs aren't a number above 0
     */
    public KnowledgePreservation withGradualUnfreezing(double epochs) {
        if (!(epochs > 0) || Double.isInfinite(epochs)) {
            throw new FinetuneException(
                    "gradualUnfreezing needs a number of epochs per stage above 0, but " + epochs + " were given.");
        }
        return new KnowledgePreservation(layerDecay, epochs, average, regularization);
    }

    /**
     * {@return the same with an average of the weights}
     *
     * @param wanted how weights are averaged
     */
    public KnowledgePreservation withAverage(WeightAverage wanted) {
        return new KnowledgePreservation(layerDecay, epochsPerStage, Optional.of(wanted), regularization);
    }

    /**
     * {@return the same with other additions to the loss}
     *
     * @param wanted what is added to the loss
     */
    public KnowledgePreservation withRegularization(RegularizationSettings wanted) {
        return new KnowledgePreservation(layerDecay, epochsPerStage, average, wanted);
    }
}
