package dev.finetune.lm.seq2seq;

import dev.finetune.error.FinetuneException;

/**
 * What an encoder and a decoder share of tokens.
 *
 * @param vocabulary how many tokens have embeddings
 * @param padding the token that fills shorter rows
 * @param start what the decoder begins with
 * @param longest how many tokens a text may have at the most
 */
record TokenSettings(int vocabulary, int padding, int start, int longest) {
    TokenSettings {
        check("pad_token_id", padding, vocabulary);
        check("decoder_start_token_id", start, vocabulary);
    }

    private static void check(String key, int token, int vocabulary) {
        if (token < 0 || token >= vocabulary) {
            throw new FinetuneException("config.json: " + key + " is " + token + ", and must be one of the "
                    + vocabulary + " tokens (vocab_size), counted from 0.");
        }
    }
}
