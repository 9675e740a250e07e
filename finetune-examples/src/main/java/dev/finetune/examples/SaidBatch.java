package dev.finetune.examples;

import dev.finetune.train.BatchSize;
import java.util.OptionalInt;

/**
 * A batch as --batch says it.
 *
 * @param rows of it; empty for what the command takes usually
 * @param inParts whether as many at once as memory suffices for
 */
record SaidBatch(OptionalInt rows, boolean inParts) {
    static SaidBatch of(int rows) {
        return new SaidBatch(OptionalInt.of(rows), false);
    }

    BatchSize size(int usual) {
        return new BatchSize(rows.orElse(usual), inParts);
    }

    /** As --help tells the default. */
    @Override
    public String toString() {
        return rows.isPresent() ? Integer.toString(rows.getAsInt()) : "auto";
    }
}
