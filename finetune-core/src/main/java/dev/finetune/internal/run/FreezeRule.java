package dev.finetune.internal.run;

import dev.finetune.freeze.Freeze;

/**
 * Freezes what is named, or unfreezes it; later rules win.
 *
 * @param freeze which parameters
 * @param frozen whether they learn nothing from then on
 */
record FreezeRule(Freeze freeze, boolean frozen) {
    /** As it was said to the tuner. */
    @Override
    public String toString() {
        if (!frozen) {
            return "unfreeze(" + freeze + ")";
        }
        return "freeze(" + (freeze instanceof Freeze.FirstLayers first ? first.layers() : freeze) + ")";
    }
}
