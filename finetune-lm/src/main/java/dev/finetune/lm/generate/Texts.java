package dev.finetune.lm.generate;

import dev.finetune.generate.Generated;
import dev.finetune.generate.Generated.End;
import java.util.Arrays;
import java.util.List;

/** Puts together what was written. */
final class Texts {
    private Texts() {}

    static Generated of(Draft text, End end, double score, IdsToText tokenizer) {
        final int[] ids = text.written();
        return new Generated(
                Detokenizer.text(tokenizer, ids), Arrays.stream(ids).boxed().toList(), end, score, List.of());
    }

    /** Several texts of an input as the first with the others. */
    static Generated joined(List<Generated> texts) {
        final Generated first = texts.get(0);
        return new Generated(first.text(), first.ids(), first.end(), first.score(), texts.subList(1, texts.size()));
    }
}
