package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.generate.Generation;

/**
 * How many rows of the validation data a model writes for before training and after it, and how.
 *
 * @param rows how many, at least 1
 * @param generation how it writes
 */
public record SampleSettings(int rows, Generation generation) {
    /**
     * Checks that there is a row, and one text a row.
     *
     * @throws FinetuneException if not
     */
    public SampleSettings {
        if (rows < 1) {
            throw new FinetuneException("samples(" + rows + "): expected 1 row at least; leave it out for none.");
        }
        if (generation.sequences() > 1) {
            throw new FinetuneException("samples(" + rows + ", ...) shows one text a row, and the settings ask for "
                    + generation.sequences() + ": leave sequences(...) out.");
        }
    }
}
