package dev.finetune.lm.generate;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** What forbids tokens, or makes them less likely, for what a text holds already or for its length. */
final class Penalties {
    private Penalties() {}

    /** Divides positive scores of tokens that are there by a factor, and multiplies the others with it. */
    static LogitsProcessor repetition(double factor) {
        final float f = (float) factor;
        return (text, scores) -> text.stream()
                .distinct()
                .filter(id -> id < scores.length)
                .forEach(id -> scores[id] = scores[id] < 0 ? scores[id] * f : scores[id] / f);
    }

    /** Forbids what would complete a run of so many tokens that is there. */
    static LogitsProcessor noRepeatNgram(int size) {
        final int begun = size - 1;
        return LogitsProcessor.forbidding(text -> IntStream.range(0, text.length() - begun)
                .filter(start -> endsWith(text, start, begun))
                .map(start -> text.get(start + begun)));
    }

    /** Whether the last tokens are those from a start on. */
    private static boolean endsWith(Draft text, int start, int tokens) {
        for (int i = 0; i < tokens; i++) {
            if (text.get(start + i) != text.get(text.length() - tokens + i)) {
                return false;
            }
        }
        return true;
    }

    /** Forbids tokens, any of which may be none of the vocabulary. */
    static void forbid(IntStream ids, float[] scores) {
        ids.filter(id -> id >= 0 && id < scores.length).forEach(id -> scores[id] = Float.NEGATIVE_INFINITY);
    }

    /** Allows these tokens alone, with certainty. */
    static LogitsProcessor force(List<Integer> ids) {
        return (text, scores) -> {
            for (int id : ids) {
                if (id >= scores.length) {
                    throw new FinetuneException(
                            "generation_config.json: 'forced_bos_token_id' or 'forced_eos_token_id' says"
                                    + " that the token " + id + " has to come, but the model knows the tokens 0 to "
                                    + (scores.length - 1) + ": mend the field, or take it out.");
                }
            }
            Arrays.fill(scores, Float.NEGATIVE_INFINITY);
            ids.forEach(id -> scores[id] = 0);
        };
    }
}
