package dev.finetune.lm.generate;

import dev.finetune.generate.Generation;
import java.util.ArrayList;
import java.util.List;

/** The processors that settings ask for, in the order in which Transformers 5.18 applies them. */
final class Processors {
    private Processors() {}

    /** All of them, for texts of any prompts. */
    static LogitsProcessor of(Generation settings, SpecialIds special) {
        final List<LogitsProcessor> all = new ArrayList<>();
        if (settings.repetitionPenalty() != 1) {
            all.add(Penalties.repetition(settings.repetitionPenalty()));
        }
        if (settings.noRepeatNgram() > 0) {
            all.add(Penalties.noRepeatNgram(settings.noRepeatNgram()));
        }
        all.add(LogitsProcessor.when(
                text -> text.newTokens() < settings.leastNewTokensAfter(text.promptLength()),
                LogitsProcessor.forbidding(
                        text -> settings.stopTokens().stream().mapToInt(Integer::intValue))));
        special.forcedFirst()
                .ifPresent(
                        id -> all.add(LogitsProcessor.when(text -> text.length() == 1, Penalties.force(List.of(id)))));
        if (!special.forcedLast().isEmpty()) {
            all.add(LogitsProcessor.when(
                    text -> text.newTokens() == settings.newTokensAfter(text.promptLength()) - 1,
                    Penalties.force(special.forcedLast())));
        }
        if (settings.samples()) {
            addFilters(settings, all);
        }
        return LogitsProcessor.all(List.copyOf(all));
    }

    private static void addFilters(Generation settings, List<LogitsProcessor> all) {
        if (settings.temperature() != 1) {
            all.add(Filters.temperature(settings.temperature()));
        }
        if (settings.topK() > 0) {
            all.add(Filters.topK(settings.topK()));
        }
        if (settings.topP() < 1) {
            all.add(Filters.topP(settings.topP()));
        }
        if (settings.minP() > 0) {
            all.add(Filters.minP(settings.minP()));
        }
    }
}
