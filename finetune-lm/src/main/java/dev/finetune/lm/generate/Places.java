package dev.finetune.lm.generate;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Which of a model's rows go on. */
final class Places {
    private Places() {}

    /** Goes on with these rows, if that changes something. */
    static void keep(NextTokens model, int[] rows, int present) {
        if (!Arrays.equals(rows, IntStream.range(0, present).toArray())) {
            model.select(rows);
        }
    }
}
