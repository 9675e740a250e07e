package dev.finetune.train;

/**
 * The strength of L2-SP's pulls.
 *
 * @param alpha a: a/2 times the squared distance of the trained pretrained weights from where they started is added to the
 *     loss; 0 for none
 * @param beta b: b/2 times the squared norm of the trained weights that started at random, such as a new head's; 0 for none
 */
public record L2Sp(double alpha, double beta) {
    /** No pull. */
    public static final L2Sp NONE = new L2Sp(0, 0);

    /** Checks the ranges. */
    public L2Sp {
        Range.checkWeight("preservation(p -> p.l2sp(...))", alpha);
        Range.checkWeight("preservation(p -> p.l2sp(...))", beta);
    }

    @Override
    public String toString() {
        return alpha + ", " + beta + " for what is new";
    }
}
