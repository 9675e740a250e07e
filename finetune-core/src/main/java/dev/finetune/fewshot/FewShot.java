package dev.finetune.fewshot;

import dev.finetune.error.FinetuneException;

/**
 * How a few examples are learned from, as SetFit does it (Tunstall et al., "Efficient few-shot learning without prompts",
 * 2022): pairs of examples teach the network that inputs of one class are alike and others aren't, then a logistic
 * regression on its vectors becomes the head's last layer.
 *
 * @param pairsPerRow pairs of the same class, and as many of different classes, that each example is put into; 20 by
 *     default, as in SetFit
 * @param regularisation C of the logistic regression (scikit-learn's): the larger, the closer it follows the examples; 1
 *     by default
 */
public record FewShot(int pairsPerRow, double regularisation) {
    /** Checks the ranges. */
    public FewShot {
        if (pairsPerRow < 1 || !(regularisation > 0) || Double.isInfinite(regularisation)) {
            throw new FinetuneException("Few-shot learning needs at least 1 pair a row and a C above 0, not "
                    + pairsPerRow + " and " + regularisation + ".");
        }
    }

    /**
     * SetFit's defaults.
     *
     * @return the settings that SetFit has by default
     */
    public static FewShot usual() {
        return new FewShot(20, 1);
    }

    @Override
    public String toString() {
        return pairsPerRow + " pairs an example, regularisation " + regularisation;
    }
}
