package dev.finetune.internal;

import java.util.List;
import java.util.stream.Stream;

/** The files in which sentence-transformers says how long texts may be and of what case; the first that is there counts. */
public final class SentenceSettings {
    /** Their names, {@code sentence_bert_config.json} first. */
    public static final List<String> FILES = Stream.of(
                    "bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
            .map(family -> "sentence_" + family + "_config.json")
            .toList();

    private SentenceSettings() {}
}
