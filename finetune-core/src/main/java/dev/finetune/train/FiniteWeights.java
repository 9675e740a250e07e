package dev.finetune.train;

import dev.finetune.error.DivergedException;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.Parameter;
import java.util.List;

/** Looks at weights once, when training is over: the last step has no loss after it that would show what it did. */
final class FiniteWeights {
    private FiniteWeights() {}

    /**
     * Nothing, if all are finite.
     *
     * @param steps that were done
     * @throws DivergedException if one isn't, by its name
     */
    static void check(List<Parameter> trained, long steps) {
        NonFinite.spoiled(trained).ifPresent(told -> {
            throw new DivergedException("After " + steps + (steps == 1 ? " step" : " steps")
                    + " the weights are not finite: " + told + ". Try a lower learning rate, or a warm-up.");
        });
    }
}
