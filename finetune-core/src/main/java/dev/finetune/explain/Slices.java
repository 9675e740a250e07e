package dev.finetune.explain;

import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Where a model is wrong more often than elsewhere.
 *
 * @param worse the slices of which that is more than chance, the surest first
 * @param tested how many slices were looked at
 * @param rows how many rows there are
 * @param wrong in how many of them the model is wrong
 * @param falseDiscoveryRate the share of the slices named that may be there by chance
 */
public record Slices(List<Slice> worse, int tested, int rows, int wrong, double falseDiscoveryRate) {
    /** Keeps its own copy. */
    public Slices {
        worse = Arguments.copy(worse, "worse");
    }

    /** A table of the slices, with what it rests on above it. */
    @Override
    public String toString() {
        final String head = String.format(
                Locale.ROOT,
                "%d of %d rows are wrong (%.1f %%). Of %d slices, %s.",
                wrong,
                rows,
                rows == 0 ? 0 : 100.0 * wrong / rows,
                tested,
                worse.isEmpty()
                        ? "none is worse than the rest by more than chance"
                        : worse.size() + (worse.size() == 1 ? " is" : " are")
                                + " worse than the rest (false discovery rate " + falseDiscoveryRate + ")");
        if (worse.isEmpty()) {
            return head;
        }
        final String title = String.format(
                Locale.ROOT,
                "%-6s %-24s %6s %8s %8s  %s",
                "kind",
                "slice",
                "rows",
                "wrong",
                "others",
                "difference, 95 % interval, adjusted p");
        return head
                + System.lineSeparator()
                + title
                + System.lineSeparator()
                + worse.stream().map(Slice::toString).collect(Collectors.joining(System.lineSeparator()));
    }
}
