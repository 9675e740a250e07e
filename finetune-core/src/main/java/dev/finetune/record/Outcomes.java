package dev.finetune.record;

import java.util.List;

/**
 * What the model said of the validation data.
 *
 * @param rows how many rows the data has; -1 where that isn't known, 0 where there are none
 * @param rule which of them are here, in words; or why none are
 * @param kept those that are here
 */
public record Outcomes(long rows, String rule, List<Outcome> kept) {
    /** Keeps its own copy. */
    public Outcomes {
        kept = List.copyOf(kept);
    }

    /**
     * {@return no outcomes}
     *
     * @param why there are none, in words
     */
    public static Outcomes none(String why) {
        return new Outcomes(0, why, List.of());
    }
}
