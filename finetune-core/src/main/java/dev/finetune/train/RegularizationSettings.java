package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/**
 * What is added to the loss so that a network doesn't forget, or doesn't follow chance. The training loss that is reported
 * is the whole; evaluations show the task's alone.
 *
 * @param l2sp a: a/2 times the squared distance of the trained pretrained weights from where they started (L2-SP); 0 for
 *     none
 * @param l2spNew b: b/2 times the squared norm of the trained weights that started at random, such as a new head's; 0 for
 *     none
 * @param distill w: w times the mean squared distance of the last stage's output from that of the original network; 0 for
 *     none
 * @param rDrop a: a times the mean of both Kullback-Leibler divergences between two passes of different dropout; 0 for
 *     one pass
 */
public record RegularizationSettings(double l2sp, double l2spNew, double distill, double rDrop) {
    /** Nothing is added. */
    public static final RegularizationSettings NONE = new RegularizationSettings(0, 0, 0, 0);

    /** Checks the ranges. */
    public RegularizationSettings {
        check("l2sp", l2sp);
        check("l2sp", l2spNew);
        check("distill", distill);
        check("rDrop", rDrop);
    }

    private static void check(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new FinetuneException(name + " needs a number of at least 0, but " + value + " was given.");
        }
    }

    /** Whether the weights that training starts from are needed later. */
    boolean needOriginals() {
        return l2sp > 0 || distill > 0;
    }
}
