package dev.finetune.lm.generate;

import dev.finetune.generate.Generation;

/** What is asked for, as what does it. */
record Asked(Generation settings, LogitsProcessor processor, Endings endings, IdsToText tokenizer) {
    static Asked of(Generation settings, SpecialIds special, IdsToText tokenizer) {
        return new Asked(settings, Processors.of(settings, special), new Endings(settings, tokenizer), tokenizer);
    }
}
