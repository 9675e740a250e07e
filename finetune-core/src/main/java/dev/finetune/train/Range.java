package dev.finetune.train;

import dev.finetune.error.FinetuneException;

/** Says which setting is out of its range. */
final class Range {
    private Range() {}

    /**
     * Checks a setting.
     *
     * @param name what the setting is called
     * @param found its value
     * @param expected what it must be, in words
     * @throws FinetuneException if it doesn't hold
     */
    static void check(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new FinetuneException(name + " must be " + expected + ", but is " + found + ".");
        }
    }

    /** The same of what is added to a loss. */
    static void checkWeight(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new FinetuneException(name + " needs a number of at least 0, but " + value + " was given.");
        }
    }
}
