package dev.finetune.internal.run;

import dev.finetune.checkpoint.OutputRows;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what becomes of a checkpoint's last layer under the head that is wanted. Outputs are the same if they have the same
 * name: rows follow their names into another order, and under other names, or another number of them, the layer starts anew.
 */
final class HeadRows {
    private HeadRows() {}

    /**
     * The rule for a head.
     *
     * @param saved the head that the checkpoint, or adapter, was saved with, if it says
     * @param wanted the head, its labels known
     * @param keep whether the user said {@code initialization(i -> i.keepHead(true))}
     * @throws FinetuneException if the saved head is to be kept but has other outputs
     */
    static OutputRows of(Optional<Head> saved, Head wanted, boolean keep) {
        if (keep) {
            checkKept(saved, wanted);
            return new OutputRows.Kept(true);
        }
        if (saved.isEmpty() || saved.get().getClass() != wanted.getClass()) {
            return new OutputRows.Anew();
        }
        final List<String> there = saved.get().labels();
        final List<String> here = wanted.labels();
        if (saved.get().rows() != wanted.rows()) {
            return new OutputRows.Anew();
        }
        if (there.equals(here)) {
            return new OutputRows.Kept(true);
        }
        return Set.copyOf(there).equals(Set.copyOf(here))
                ? new OutputRows.Moved(here.stream().map(there::indexOf).toList())
                : new OutputRows.Anew();
    }

    /** What to tell the user where a saved head is given up; empty where none is. */
    static Optional<String> told(Optional<Head> saved, Head wanted, OutputRows rows) {
        final boolean starts = rows instanceof OutputRows.Anew && wanted.rows() > 0;
        if (!starts || saved.isEmpty() || saved.get().rows() == 0) {
            return Optional.empty();
        }
        return Optional.of("The checkpoint's head is for " + saved.get() + "; the one asked for is for " + wanted
                + ". Its last layer starts anew; initialization(i -> i.keepHead(true)) would go on with the old"
                + " one, row by row.");
    }

    private static void checkKept(Optional<Head> saved, Head wanted) {
        final boolean fits = saved.isPresent()
                && saved.get().getClass() == wanted.getClass()
                && saved.get().rows() == wanted.rows();
        if (!fits) {
            throw new FinetuneException("initialization(i -> i.keepHead(true)) goes on with the checkpoint's head, "
                    + saved.map(head -> "which is for " + head).orElse("but it has none")
                    + "; the head asked for is for " + wanted
                    + ". Leave it out for a new head, or ask for one of the same kind and size.");
        }
    }
}
