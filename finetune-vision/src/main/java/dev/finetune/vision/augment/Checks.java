package dev.finetune.vision.augment;

import dev.finetune.error.FinetuneException;

/** What the arguments of augmentations must be. */
final class Checks {
    private Checks() {}

    static void probability(String who, double p) {
        range(who, "probability", p, 0, 1);
    }

    static void range(String who, String what, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new FinetuneException(
                    who + ": the " + what + " is " + value + ", expected " + least + " to " + most + ".");
        }
    }

    static void size(String who, int size) {
        if (size < 1) {
            throw new FinetuneException(who + ": the size is " + size + ", expected at least 1 pixel.");
        }
    }

    static void ordered(String who, String what, double from, double to) {
        if (!(from > 0 && from <= to && Double.isFinite(to))) {
            throw new FinetuneException(who + ": the " + what + " goes from " + from + " to " + to
                    + ", expected two positive numbers, the smaller one first.");
        }
    }
}
