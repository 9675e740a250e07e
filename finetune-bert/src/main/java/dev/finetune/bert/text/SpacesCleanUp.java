package dev.finetune.bert.text;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;

/** Takes away spaces that a vocabulary of words leaves before punctuation: Transformers' clean_up_tokenization_spaces. */
final class SpacesCleanUp {
    private static final String KEY = "clean_up_tokenization_spaces";

    /** One after the other, in this order; each with its first space taken away, the fifth with both. */
    private static final String[] FOUND = {" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"};

    private SpacesCleanUp() {}

    /** Whether it is asked for: not where a tokenizer is BPE, unless the second setting insists on it. */
    static boolean isAskedFor(JsonObject config, JsonObject definition) {
        return says(config, KEY)
                && (!TokenizerDefinition.isA(definition.get("model"), "BPE")
                        || says(config, KEY + "_for_bpe_even_though_it_will_corrupt_output"));
    }

    private static boolean says(JsonObject config, String key) {
        return config.get(key) instanceof JsonPrimitive flag && flag.isBoolean() && flag.getAsBoolean();
    }

    static String of(String text) {
        String clean = text;
        for (String each : FOUND) {
            clean = clean.replace(each, each.strip());
        }
        return clean;
    }
}
