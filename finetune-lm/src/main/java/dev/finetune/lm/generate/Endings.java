package dev.finetune.lm.generate;

import dev.finetune.generate.Generated.End;
import dev.finetune.generate.Generation;
import java.nio.charset.StandardCharsets;
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
        final String last = tokenizer.decode(text.lastWritten(tokensOfString));
        return strings.stream().anyMatch(last::contains);
    }
}
