package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import java.util.Objects;

/**
 * How gently a pretrained network is changed: less near its input, later near its input, and not far from where it started.
 * What is added to the loss is part of the training loss that is reported; evaluations show the task's alone. Immutable: its
 * methods with arguments give variants.
 *
 * @param layerDecay what each stage's learning rate is of that of the stage above it; 1, the default, for one rate throughout
 * @param gradualUnfreezing epochs until one more stage is trained, from the head down; 0, the default, to train all from the
 *     start
 * @param l2sp how strongly weights are pulled toward where they started; not by default
 * @param distill w: w times the mean squared distance of the last stage's output from that of the original network; 0, the
 *     default, for none
 */
public record KnowledgePreservation(
        @Told(value = "layer decay", quiet = true) double layerDecay,

        @Told(value = "gradual unfreezing", as = "one more stage every {} epochs", quiet = true)
        double gradualUnfreezing,

        @Told(value = "L2-SP", quiet = true) L2Sp l2sp,

        @Told(value = "distillation from the original", quiet = true)
        double distill) {
    /** One rate, all from the start, the task's loss alone: plain fine-tuning. */
    public static final KnowledgePreservation DEFAULT = new KnowledgePreservation(1, 0, L2Sp.NONE, 0);

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range
     */
    public KnowledgePreservation {
        Objects.requireNonNull(l2sp, "l2sp");
        if (!(layerDecay > 0 && layerDecay <= 1)) {
            throw new FinetuneException("preservation(p -> p.layerDecay(...)) must be above 0 and at most 1 (0.9 is"
                    + " usual for a dozen layers), but is " + layerDecay + ".");
        }
        if (!(gradualUnfreezing >= 0) || Double.isInfinite(gradualUnfreezing)) {
            throw noStage(gradualUnfreezing);
        }
        Range.checkWeight("preservation(p -> p.distill(...))", distill);
    }

    private static FinetuneException noStage(double epochs) {
        return new FinetuneException(
                "preservation(p -> p.gradualUnfreezing(...)) needs a number of epochs per stage above 0, but " + epochs
                        + " were given.");
    }

    /** Whether the weights that training starts from are needed later. */
    boolean needsOriginals() {
        return l2sp.alpha() > 0 || distill > 0;
    }

    /** Whether all weights get a gradient from where they started, too. */
    boolean pulls() {
        return l2sp.alpha() > 0 || l2sp.beta() > 0;
    }

    /**
     * Lets lower stages learn less (Clark et al., "ELECTRA", 2020; Howard and Ruder, "Universal language model fine-tuning
     * for text classification", 2018): the head learns at the learning rate, and each stage at {@code factor} times the rate
     * of what is above it. Stage i of n, counted from 0 (the embeddings, or a picture network's stem), has rate factor^(n -
     * i): the last stage factor, the first factor^n. ELECTRA's own code counts the head one higher, so that its last layer
     * has factor^2; all else is the same. A pooler belongs to the head, and a weight that several share to the lowest of
     * them. The schedule multiplies all rates; reports show the head's.
     *
     * @param factor above 0 and at most 1; 1, the default, is one rate throughout; 0.8 to 0.95 are usual for a dozen layers
     * @return the same with that setting
     * @throws FinetuneException if it lies outside
     */
    public KnowledgePreservation layerDecay(double factor) {
        return Records.with(this, "layerDecay", factor);
    }

    /**
     * Begins with the head alone, and trains one more stage, from the top down, every so many epochs (Howard and Ruder, as
     * above). What was frozen for good stays frozen and takes no turn. Stages that wait aren't changed at all, not by weight
     * decay either; their batch norms compute as in evaluation, their dropout as in training. What they give isn't kept for
     * later epochs; what stays frozen for good, from the input on, is (see {@link Execution#keepFrozenOutputs(boolean)}). Where
     * training ends before all had their turn, listeners are warned. Of a stream, whose length isn't known, whole passes
     * count. Not by default.
     *
     * @param epochsPerStage above 0; may be a fraction
     * @return the same with that setting
     * @throws FinetuneException if it isn't a number above 0
     */
    public KnowledgePreservation gradualUnfreezing(double epochsPerStage) {
        if (epochsPerStage == 0) {
            throw noStage(epochsPerStage);
        }
        return Records.with(this, "gradualUnfreezing", epochsPerStage);
    }

    /** The same with all that is trained trained from the beginning. */
    KnowledgePreservation unfreezingAtOnce() {
        return Records.with(this, "gradualUnfreezing", 0.0);
    }

    /**
     * The same as {@link #l2sp(double, double)} with a tenth of it for what is new.
     *
     * @param alpha at least 0
     * @return the same with that setting
     */
    public KnowledgePreservation l2sp(double alpha) {
        return l2sp(alpha, alpha / 10);
    }

    /**
     * Pulls trained weights toward where they started, instead of toward 0 (L2-SP: Li, Grandvalet and Davoine, "Explicit
     * inductive bias for transfer learning with convolutional networks", 2018): alpha/2 |w - w0|^2 is added to the loss for
     * pretrained weights, beta/2 |w|^2 for new ones, such as a head's. It goes into the gradients, before these are clipped,
     * and into the reported training loss. Takes one copy of what is trained in memory. 0, the default, is none; the paper
     * found alphas from 1e-3 to 1 best, with SGD. Not with LoRA, which leaves pretrained weights as they are.
     *
     * @param alpha for pretrained weights, at least 0
     * @param beta for new weights, at least 0
     * @return the same with that setting
     */
    public KnowledgePreservation l2sp(double alpha, double beta) {
        return Records.with(this, "l2sp", new L2Sp(alpha, beta));
    }

    /**
     * Keeps what the trained stages give near what the original ones gave: weight times the mean squared distance of the
     * last stage's outputs is added to the loss, over the positions of a batch that aren't padding, so that what was
     * pretrained is less easily forgotten. The original computes in evaluation mode; it takes one copy of what is trained
     * in memory, and a forward pass more a step. 0, the default, is none.
     *
     * @param weight at least 0
     * @return the same with that setting
     */
    public KnowledgePreservation distill(double weight) {
        return Records.with(this, "distill", weight);
    }
}
