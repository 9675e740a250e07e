package dev.finetune.vision.augment;

import java.util.SplittableRandom;

/**
 * Mixes each picture of a batch, and its target, with the one before it: {@code lambda * own + (1 - lambda) * other},
 * one lambda from Beta(alpha, alpha) for the whole batch (Zhang et al., "mixup", 2018; torchvision, MixUp).
 *
 * @param alpha small: mostly one picture, hardly the other; 1: every mixture alike
 */
public record Mixup(double alpha) implements BatchAugmentation {
    /** Checks alpha. */
    public Mixup {
        Checks.ordered("mixup", "alpha", alpha, 1000);
    }

    @Override
    public void apply(MixedBatch batch, SplittableRandom random) {
        double own = Beta.draw(alpha, random);
        batch.mixNumbers(own);
        batch.mixTargets(own);
    }

    @Override
    public String toString() {
        return "mixup(" + alpha + ")";
    }
}
