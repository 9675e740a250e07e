package dev.finetune.examples;

import dev.finetune.FineTuner;
import picocli.CommandLine.Option;

/** The options of the loss that are about classes, which models that write have none of. */
final class ClassOptions {
    @Option(names = "--balanced", description = "Weigh classes by the inverse of their counts.")
    private boolean balanced;

    /** A tuner with all of it. */
    FineTuner on(FineTuner tuner) {
        return balanced ? tuner.loss(l -> l.balancedClassWeights()) : tuner;
    }
}
