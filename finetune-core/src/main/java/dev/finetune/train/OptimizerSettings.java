package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/** Which rule changes the parameters, and its constants; the rate comes from the schedule. */
public sealed interface OptimizerSettings {
    /**
     * Adam with decoupled weight decay (Loshchilov and Hutter, 2017), as torch.optim.AdamW. No decay on biases and norm
     * weights.
     *
     * @param beta1 decay of the mean of gradients, 0.9 by default
     * @param beta2 decay of the mean of squares, 0.999 by default
     * @param eps added to the denominator, 1e-8 by default
     * @param weightDecay none by default, as the Trainer's
     */
    record AdamW(double beta1, double beta2, double eps, WeightDecay weightDecay) implements OptimizerSettings {
        /** Checks the ranges. */
        public AdamW {
            if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps >= 0)) {
                throw new FinetuneException("AdamW needs betas of at least 0 and below 1 and an eps of at least 0, not "
                        + beta1 + ", " + beta2 + ", " + eps + ".");
            }
        }

        @Override
        public String toString() {
            return "AdamW, betas " + beta1 + " and " + beta2 + ", eps " + eps + ", " + weightDecay;
        }
    }

    /**
     * Stochastic gradient descent, as torch.optim.SGD: v = momentum v + g; w = w - rate v.
     *
     * @param momentum 0 for none
     * @param nesterov whether to look ahead (Sutskever et al., 2013)
     * @param weightDecay added to the gradient, times the weight
     */
    record Sgd(double momentum, boolean nesterov, WeightDecay weightDecay) implements OptimizerSettings {
        /** Checks the ranges. */
        public Sgd {
            if (!(momentum >= 0 && momentum < 1) || (nesterov && momentum == 0)) {
                throw new FinetuneException(
                        "SGD needs a momentum of at least 0 and below 1 (above 0 for Nesterov's), not " + momentum
                                + ".");
            }
        }

        @Override
        public String toString() {
            return "SGD, " + (nesterov ? "Nesterov's " : "") + "momentum " + momentum + ", " + weightDecay;
        }
    }

    /** {@return what parameters are pulled toward zero with} */
    WeightDecay weightDecay();

    /**
     * {@return the same rule with another weight decay}
     *
     * @param weightDecay the rate, and which parameters it spares
     */
    default OptimizerSettings withWeightDecay(WeightDecay weightDecay) {
        if (this instanceof AdamW adam) {
            return new AdamW(adam.beta1, adam.beta2, adam.eps, weightDecay);
        }
        final Sgd sgd = (Sgd) this;
        return new Sgd(sgd.momentum, sgd.nesterov, weightDecay);
    }

    /** {@return the Trainer's default: AdamW with betas 0.9 and 0.999, eps 1e-8, no weight decay} */
    static OptimizerSettings adamW() {
        return new AdamW(0.9, 0.999, 1e-8, WeightDecay.NONE);
    }

    /**
     * Stochastic gradient descent with momentum.
     *
     * @param momentum from 0 to below 1; 0 for none, 0.9 is usual
     * @return the rule SGD without Nesterov's momentum and without weight decay
     */
    static OptimizerSettings sgd(double momentum) {
        return new Sgd(momentum, false, WeightDecay.NONE);
    }
}
