package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Parameter;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How strongly parameters are pulled toward zero, and which are spared.
 *
 * @param rate w loses rate * learning rate * w at each step; 0 for none
 * @param spared parameters whose name contains a match don't decay; by default, as in the Trainer, biases and norm
 *     weights don't, which are all the vectors there are but DoRA's magnitudes, which do, and what has "bias" in its
 *     name, such as a table of relative attention biases
 */
public record WeightDecay(double rate, Optional<Pattern> spared) {
    /** No decay. */
    public static final WeightDecay NONE = of(0);

    /**
     * Checks the rate.
     *
     * @throws FinetuneException if it is negative or not finite
     */
    public WeightDecay {
        Objects.requireNonNull(spared, "spared");
        if (!(rate >= 0) || Double.isInfinite(rate)) {
            throw new FinetuneException("Weight decay must be a number of at least 0, but is " + rate + ".");
        }
    }

    /**
     * {@return a decay of everything but biases and norm weights}
     *
     * @param rate at least 0; 0.01 is usual
     */
    public static WeightDecay of(double rate) {
        return new WeightDecay(rate, Optional.empty());
    }

    @Override
    public String toString() {
        if (rate == 0) {
            return "no weight decay";
        }
        return "weight decay " + rate
                + spared.map(names -> " but for names that match " + names).orElse(", none of biases and norms");
    }

    /** The rate for a parameter. */
    double of(Parameter parameter) {
        final boolean spares = spared.isPresent()
                ? spared.get().matcher(parameter.name()).find()
                : parameter.name().contains("bias")
                        || parameter.shape().length <= 1 && !parameter.name().endsWith(".lora_magnitude_vector");
        return spares ? 0 : rate;
    }
}
