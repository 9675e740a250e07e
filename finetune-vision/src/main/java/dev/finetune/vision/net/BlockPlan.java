package dev.finetune.vision.net;

import java.util.List;

/**
 * A residual block: convolutions with norms, an activation between each two, the shortcut added, an activation.
 *
 * @param path its convolutions in order: two (basic) or three (bottleneck)
 * @param shortcut what is added
 */
public record BlockPlan(List<ConvPlan> path, ShortcutPlan shortcut) {
    /** Keeps its own copy. */
    public BlockPlan {
        path = List.copyOf(path);
    }
}
