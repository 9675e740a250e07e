package dev.finetune.spark;

import dev.finetune.FineTuner;
import java.io.Serializable;
import java.util.function.Supplier;

/**
 * Makes the tuner that an executor trains with, there: a tuner itself holds what can't travel. A lambda will do, as long as what it
 * refers to is serializable: {@code () -> FineTuner.from("/models/bert").head(2)}.
 *
 * <p>It is called in the driver, too, to look at the settings, and has to give the same settings each time.
 */
@FunctionalInterface
public interface TunerSource extends Supplier<FineTuner>, Serializable {}
