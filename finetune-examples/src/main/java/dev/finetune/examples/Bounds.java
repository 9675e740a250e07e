package dev.finetune.examples;

/** Checks numbers that are given as options, in the words of the person who gives them. */
public final class Bounds {
    private Bounds() {}

    /**
     * Refuses a number that is too small.
     *
     * @param option its name, such as {@code --steps}
     * @param value what was said
     * @param least the least that means something
     * @throws WrongUsage naming the option, its value and the least
     */
    public static void atLeast(String option, long value, long least) {
        if (value < least) {
            throw new WrongUsage(option + " " + value + ": expected at least " + least + ".");
        }
    }
}
