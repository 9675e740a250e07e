package dev.finetune.train;

/** Whether inputs of similar length are computed together. */
public enum LengthGrouping {
    /** They are, where inputs have lengths. */
    AUTO("by similar length"),
    /** They are; refused where inputs have none. */
    BY_LENGTH("by similar length"),
    /** They are taken in their order. */
    NONE("");

    private final String words;

    LengthGrouping(String words) {
        this.words = words;
    }

    @Override
    public String toString() {
        return words;
    }
}
