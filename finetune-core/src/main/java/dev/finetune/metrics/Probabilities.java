package dev.finetune.metrics;

import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;

/** Looks at probabilities before they are counted. */
final class Probabilities {
    private Probabilities() {}

    static void check(double[] probabilities, List<String> labels) {
        if (probabilities.length != labels.size()) {
            throw new FinetuneException("An example has " + probabilities.length + " probabilities, but there are "
                    + labels.size() + " classes: " + labels + ".");
        }
        for (int i = 0; i < probabilities.length; i++) {
            if (Double.isNaN(probabilities[i])) {
                throw new DivergedException("The probability of \"" + labels.get(i) + "\" is not a number: "
                        + Arrays.toString(probabilities)
                        + ". The model's outputs are not finite: if training made them so, a lower learning rate or a"
                        + " warm-up helps; if it wasn't trained, its checkpoint holds weights that aren't finite.");
            }
        }
    }
}
