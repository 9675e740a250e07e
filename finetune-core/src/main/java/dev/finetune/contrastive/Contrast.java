package dev.finetune.contrastive;

import dev.finetune.error.FinetuneException;

/**
 * How vectors learn what is alike: see {@link ContrastTask}.
 *
 * @param scale what cosines are multiplied with before they are compared: the larger, the more the nearest of the wrong ones
 *     counts (the inverse of what is called temperature); 20 by default, as in sentence-transformers
 */
public record Contrast(double scale) {
    /** Checks the range. */
    public Contrast {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new FinetuneException("Contrast: scale must be a number above 0, not " + scale + ".");
        }
    }

    /**
     * The defaults of sentence-transformers.
     *
     * @return a scale of 20
     */
    public static Contrast usual() {
        return new Contrast(20);
    }

    @Override
    public String toString() {
        return "cosines times " + scale;
    }
}
