package dev.finetune.bert.augment;

import dev.finetune.error.FinetuneException;

/** What the arguments of augmentations must be. */
final class Shares {
    private Shares() {}

    static void check(String name, double share) {
        if (!(share > 0 && share < 1)) {
            throw new FinetuneException(name + "(" + share + "): the share of words must lie between 0 and 1.");
        }
    }
}
