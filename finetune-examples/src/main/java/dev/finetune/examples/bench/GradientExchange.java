package dev.finetune.examples.bench;

import java.util.Locale;

/** How the gradients of processes travel that a benchmark starts. */
enum GradientExchange {
    /** Through memory where that can be had, else as {@link #NETWORK}. */
    AUTO,
    /** By Gloo, as between machines, while the backward pass goes on. */
    NETWORK,
    /** By Gloo, after the backward pass. */
    NETWORK_AFTER;

    /** Says so to all that this process shares from here on. */
    void choose() {
        if (this != AUTO) {
            System.setProperty("dev.finetune.sharedMemory", "false");
        }
        if (this == NETWORK_AFTER) {
            System.setProperty("dev.finetune.earlySum", Long.toString(Long.MAX_VALUE));
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
