package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.SettingLines;
import dev.finetune.peft.PeftMethod;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What was said to adapt the model.
 *
 * @param word of the tuner that said it, such as "lora(...)"
 * @param method how, if it is adapted
 * @param directory of the adapter that is gone on with, if it is
 */
record SaidAdapter(String word, Optional<PeftMethod> method, Optional<Path> directory) {
    static final SaidAdapter NONE = new SaidAdapter("", Optional.empty(), Optional.empty());

    /**
     * Another way to adapt the model, in place of an earlier one that was said with the same word.
     *
     * @throws FinetuneException if this one was said with another word
     */
    SaidAdapter or(SaidAdapter other) {
        if (method.isPresent() && !word.equals(other.word)) {
            throw new FinetuneException(word + " and " + other.word + " both say how"
                    + " the model is adapted, and it is adapted in one way: leave one of them out.");
        }
        return other;
    }

    @Override
    public String toString() {
        return method.map(SettingLines::text).orElse("none")
                + directory
                        .map(from -> " from " + ModelPlace.shown(from.toString()))
                        .orElse("");
    }
}
