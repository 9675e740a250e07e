package dev.finetune.spark;

import dev.finetune.FineTuner;

/**
 * Settings for which {@link TextFineTuner} has no parameter. A pipeline is saved with the name of the class, which needs a public
 * constructor without arguments, and has to be on the class path of driver and executors.
 */
public interface TunerRecipe {
    /**
     * {@return the tuner with more said}
     *
     * @param tuner with what the parameters say
     */
    FineTuner apply(FineTuner tuner);
}
