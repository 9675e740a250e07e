package dev.finetune.generate;

import java.util.List;

/** The settings by their names in generation_config.json, with what holds where nobody says anything (Transformers 5.18). */
enum Key {
    DO_SAMPLE("do_sample", false),
    NUM_BEAMS("num_beams", 1),
    TEMPERATURE("temperature", 1.0),
    TOP_K("top_k", 50),
    TOP_P("top_p", 1.0),
    MIN_P("min_p", 0.0),
    REPETITION_PENALTY("repetition_penalty", 1.0),
    NO_REPEAT_NGRAM("no_repeat_ngram_size", 0),
    MAX_NEW_TOKENS("max_new_tokens", 20),
    MAX_LENGTH("max_length", Integer.MAX_VALUE),
    MIN_NEW_TOKENS("min_new_tokens", 0),
    MIN_LENGTH("min_length", 0),
    STOP_STRINGS("stop_strings", List.of()),
    STOP_TOKENS("eos_token_id", List.of()),
    LENGTH_PENALTY("length_penalty", 1.0),
    EARLY_STOPPING("early_stopping", BeamStop.WHEN_UNLIKELY_BETTER),
    SEQUENCES("num_return_sequences", 1),
    PROMPT_LOOKUP("prompt_lookup_num_tokens", 10),
    SEED("seed", 0L);

    final String inFile;
    final Object otherwise;

    Key(String inFile, Object otherwise) {
        this.inFile = inFile;
        this.otherwise = otherwise;
    }
}
