package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/**
 * A running average of the weights, which is evaluated and kept instead of the last weights. Training itself goes on with
 * the raw weights. It takes one copy of what is trained in memory, and one pass over it a step.
 *
 * <p>What is averaged: every parameter that training changes, and the running statistics of batch norms, with the same
 * weights (their counters are copied). Statistics are not computed anew from the data, as Izmailov et al. do: their mean
 * is close to it, and costs no pass over the data.
 */
public sealed interface WeightAverage {
    /**
     * An exponential moving average: average = d average + (1 - d) weights after every optimizer step, with d = min(decay,
     * (1 + t) / (10 + t)), t the steps that are averaged already, so that short runs aren't ruled by their start (as
     * TensorFlow's ExponentialMovingAverage with num_updates). The first step's weights are taken as they are, as by
     * torch.optim.swa_utils.AveragedModel, whose get_ema_multi_avg_fn(decay) this is once the warm-up is over.
     *
     * @param decay above 0 and below 1; 0.999 is usual, 0.99 for runs of a few hundred steps
     */
    record Ema(double decay) implements WeightAverage {
        /** Checks the decay. */
        public Ema {
            if (!(decay > 0 && decay < 1)) {
                throw new FinetuneException("WeightAverage.ema(" + decay
                        + "): the decay must lie between 0 and 1 (0.999 is usual), not at " + decay + ".");
            }
        }

        @Override
        public String toString() {
            return "exponential, decay " + decay;
        }
    }

    /**
     * Stochastic weight averaging (Izmailov et al., "Averaging weights leads to wider optima and better generalization",
     * 2018): the equal mean of the weights after each optimizer step of the last part of training. They take one sample an
     * epoch; fine-tuning has few epochs, so that every step is one here. Before that part begins, the raw weights are
     * evaluated. Goes best with a rate that doesn't fall to 0, such as {@link Schedule#constant()}.
     *
     * @param start the share of all steps after which averaging begins, at least 0 and below 1; 0.75 is usual
     */
    record Swa(double start) implements WeightAverage {
        /** Checks the share. */
        public Swa {
            if (!(start >= 0 && start < 1)) {
                throw new FinetuneException("WeightAverage.swa(" + start
                        + "): the share of steps before averaging must be at least 0 and below 1 (0.75 is usual), not "
                        + start + ".");
            }
        }

        @Override
        public String toString() {
            return "equal, of the steps after " + start + " of all";
        }
    }

    /**
     * {@return an exponential moving average of the weights}
     *
     * @param decay above 0 and below 1; 0.999 is usual
     * @throws FinetuneException if it lies outside
     */
    static WeightAverage ema(double decay) {
        return new Ema(decay);
    }

    /**
     * {@return the equal mean of the weights of the last steps}
     *
     * @param start the share of all steps after which averaging begins, at least 0 and below 1
     * @throws FinetuneException if it lies outside
     */
    static WeightAverage swa(double start) {
        return new Swa(start);
    }

    /**
     * The share that the weights after a step get in the average, the old average keeping the rest.
     *
     * @param averaged how many steps are averaged already
     * @param done how many steps are done, this one included
     * @param total how many steps there are
     * @return 1 where the weights become the average, 0 where the step is left out
     */
    default double share(long averaged, long done, long total) {
        if (this instanceof Ema ema) {
            return averaged == 0 ? 1 : 1 - Math.min(ema.decay, (1.0 + averaged) / (10.0 + averaged));
        }
        final Swa swa = (Swa) this;
        return done > swa.start * total ? 1.0 / (averaged + 1) : 0;
    }
}
