package dev.finetune.preference;

import dev.finetune.error.FinetuneException;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Odds ratio preference optimization (Hong, Lee and Thorne, 2024), which needs no model to compare with, and teaches the preferred
 * answers themselves at once. With l(c) and l(r) the mean log-probabilities of the tokens of the preferred and the rejected answer,
 * and log odds = l - log(1 - exp(l)), the loss of a pair is -l(c) - lambda log sigmoid(log odds(c) - log odds(r)). An answer's reward
 * is lambda l.
 *
 * <p>As in the paper, -l(c) is of the answer's tokens, each pair weighing the same; TRL's trainer takes those of the prompt in, too.
 *
 * @param lambda how much the preference counts beside the preferred answer, above 0, 1000 at most; 0.1 is usual
 */
public record Orpo(double lambda) implements PreferenceLoss {
    /** So that the odds of what is certain to the last bit are a number. */
    private static final double MOST = -1e-7;

    private static final double LARGEST = 1000;

    /**
     * Checks the range.
     *
     * @throws FinetuneException if it isn't above 0
     */
    public Orpo {
        if (!(lambda > 0 && lambda <= LARGEST)) {
            throw new FinetuneException("Orpo: lambda must be a number above 0, and 1000 at most, not " + lambda
                    + "; 0.1 is usual. Beyond that nothing would be left of the preferred answers' own loss.");
        }
    }

    /**
     * {@return the loss with a lambda}
     *
     * @param lambda above 0, 1000 at most; 0.1 is usual
     * @throws FinetuneException if it isn't
     */
    public static Orpo lambda(double lambda) {
        return new Orpo(lambda);
    }

    @Override
    public boolean readsReference() {
        return false;
    }

    @Override
    public Scores of(Tensor sums, Tensor tokens, Tensor reference) {
        final Tensor means = sums.div(tokens);
        final Tensor bounded = means.clamp_max(new Scalar(MOST));
        final Tensor logOdds = bounded.sub(bounded.expm1().neg().log());
        final Tensor ratios = torch.log_sigmoid(logOdds.select(1, 0).sub(logOdds.select(1, 1)));
        final Tensor losses = means.select(1, 0).neg().sub(ratios, new Scalar(lambda));
        return new Scores(losses, means.detach().mul(new Scalar(lambda)));
    }

    @Override
    public String toString() {
        return "ORPO, lambda " + lambda;
    }
}
