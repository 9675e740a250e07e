package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;

/** Computes rows some at a time, so that what that takes between stays in the cores' caches. */
final class RowPieces {
    /** Numbers at a time. */
    private static final long MOST = 1 << 18;

    private RowPieces() {}

    /** Computes some rows. */
    interface Rows {
        /** From the first, so many, in a scope of their own. */
        void compute(long first, long count);
    }

    /** All rows in order; {@code width} is how many numbers one has. */
    static void each(long rows, long width, Rows work) {
        final long atOnce = Math.max(1, MOST / width);
        for (long first = 0; first < rows; first += atOnce) {
            try (TensorScope ofPiece = TensorScope.open()) {
                work.compute(first, Math.min(atOnce, rows - first));
            }
        }
    }
}
