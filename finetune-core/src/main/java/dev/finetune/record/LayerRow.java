package dev.finetune.record;

import java.util.List;

/**
 * A parameter of a network.
 *
 * @param stage the part of the network that it is in: "encoder.layer.0", "head"
 * @param name its dotted name
 * @param shape its sizes
 * @param parameters how many numbers it holds
 * @param isTrained whether it learns
 * @param isNew whether it started at random
 * @param isShared whether an earlier stage has it, too
 * @param isAdded whether it is an adapter's, not the base's
 */
public record LayerRow(
        String stage,
        String name,
        List<Long> shape,
        long parameters,
        boolean isTrained,
        boolean isNew,
        boolean isShared,
        boolean isAdded) {
    /** Keeps its own copy of the shape. */
    public LayerRow {
        shape = List.copyOf(shape);
    }
}
