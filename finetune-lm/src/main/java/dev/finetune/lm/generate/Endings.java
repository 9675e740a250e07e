package dev.finetune.lm.generate;

import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Whether a text has come to its end. */
final class Endings {
    private final Generation settings;
    private final IdsToText tokenizer;

    /** Of so many tokens the last that complete a string are some: each holds a byte at least, the first may begin before it. */
    private final int tokensOfString;

    Endings(Generation settings, IdsToText tokenizer) {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.tokensOfString = 1
                + settings.stopAt().stream()
                        .mapToInt(each -> each.getBytes(StandardCharsets.UTF_8).length)
                        .max()
                        .orElse(0);
    }

    /** Why a text ends with its last token; empty if it goes on. */
    Optional<End> of(Draft text) {
        if (settings.stopTokens().contains(text.last())) {
            return Optional.of(End.END_OF_TEXT);
        }
        if (holdsStopString(text)) {
            return Optional.of(End.STOP_STRING);
        }
        return text.newTokens() >= settings.newTokensAfter(text.promptLength())
                ? Optional.of(End.MAX_NEW_TOKENS)
                : Optional.empty();
    }

    private boolean holdsStopString(Draft text) {
        final List<String> strings = settings.stopAt();
        if (strings.isEmpty()) {
            return false;
        }
        final int[] last = text.lastWritten(tokensOfString);
        final String written = after(last);
        return strings.stream().anyMatch(written::contains);
    }

    /**
     * The text of all tokens but the first, special ones, too. Where a text begins some tokenizers drop a space, so the first is there to
     * be that beginning.
     */
    private String after(int[] ids) {
        final String all = tokenizer.decodeAll(ids);
        final String first = tokenizer.decodeAll(new int[] {ids[0]});
        return all.startsWith(first)
                ? all.substring(first.length())
                : tokenizer.decodeAll(Arrays.copyOfRange(ids, 1, ids.length));
    }
}
