package dev.finetune.preference;

import dev.finetune.error.FinetuneException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Direct preference optimization (Rafailov et al., 2023). With log p(c) and log p(r) the log-probabilities of the preferred and the
 * rejected answer, added up over their tokens, and log q those of the model before its first step, an answer's reward is beta (log p
 * - log q), h is the difference of both rewards, and the loss of a pair is -log sigmoid(h). With label smoothing e, the share of
 * pairs whose preference is taken to be the wrong way round (cDPO: Mitchell, 2023), it is -(1 - e) log sigmoid(h) - e log
 * sigmoid(-h).
 *
 * @param beta how much a model is held to what it was, above 0, 1000 at most: the larger, the more; 0.1 is usual
 * @param labelSmoothing e, from 0 to below 0.5; 0 for none
 */
public record Dpo(double beta, double labelSmoothing) implements PreferenceLoss {
    private static final double MOST = 1000;

    /**
     * Checks the ranges.
     *
     * @throws FinetuneException if a value is out of its range
     */
    public Dpo {
        if (!(beta > 0 && beta <= MOST)) {
            throw new FinetuneException("Dpo: beta must be a number above 0, and 1000 at most, not " + beta
                    + "; 0.1 is usual. Beyond that what is rounded off of log-probabilities would decide.");
        }
        if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
            throw new FinetuneException(
                    "Dpo: label smoothing is the share of pairs that are the wrong way round, from 0 to below 0.5, not "
                            + labelSmoothing + ".");
        }
    }

    /**
     * {@return the loss with a beta, without label smoothing}
     *
     * @param beta above 0, 1000 at most; 0.1 is usual
     * @throws FinetuneException if it isn't
     */
    public static Dpo beta(double beta) {
        return new Dpo(beta, 0);
    }

    /**
     * {@return the same for preferences of which some are the wrong way round}
     *
     * @param share of them, from 0 to below 0.5
     * @throws FinetuneException if it isn't
     */
    public Dpo labelSmoothing(double share) {
        return new Dpo(beta, share);
    }

    @Override
    public boolean readsReference() {
        return true;
    }

    @Override
    public Scores of(Tensor sums, Tensor tokens, Tensor reference) {
        final Tensor rewards = sums.sub(reference).mul(new Scalar(beta));
        final Tensor margins = rewards.select(1, 0).sub(rewards.select(1, 1));
        final Tensor right = torch.log_sigmoid(margins);
        final Tensor losses = labelSmoothing == 0
                ? right.neg()
                : right.mul(new Scalar(labelSmoothing - 1))
                        .sub(torch.log_sigmoid(margins.neg()), new Scalar(labelSmoothing));
        return new Scores(losses, rewards.detach());
    }

    @Override
    public String toString() {
        return "DPO, beta " + beta + (labelSmoothing > 0 ? ", label smoothing " + labelSmoothing : "");
    }
}
