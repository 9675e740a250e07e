package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.stream.Stream;

/**
 * The steps of Transformers' LlamaTokenizer, which version 5 makes anew whatever tokenizer.json says of them: blanks become "▁", and one
 * is put before a text that has none, not before what follows a special token, unless tokenizer_config.json says "legacy". Files that
 * were written before put one before each part, and before blanks, too.
 */
final class LlamaSteps {
    private static final String BLANK = "▁";

    private LlamaSteps() {}

    /** Replaces the steps of a definition in the manner of SentencePiece; others, which name the class by mistake, stay as they are. */
    static void putInto(JsonObject json, JsonObject config) {
        final boolean blanks = Stream.of("normalizer", "pre_tokenizer")
                .anyMatch(step -> json.has(step) && json.get(step).toString().contains(BLANK));
        if (!blanks || !TokenizerDefinition.isA(json.get("model"), "BPE")) {
            return;
        }
        final boolean prefix = !says(config, "add_prefix_space", false);
        json.add("normalizer", JsonNull.INSTANCE);
        final JsonObject split = step("Metaspace");
        split.addProperty("replacement", BLANK);
        split.addProperty("prepend_scheme", !prefix ? "never" : says(config, "legacy", true) ? "always" : "first");
        split.addProperty("split", false);
        json.add("pre_tokenizer", split);
        json.add("decoder", decoder(prefix));
        json.getAsJsonObject("model").addProperty("fuse_unk", true);
        json.getAsJsonObject("model").addProperty("byte_fallback", true);
    }

    private static boolean says(JsonObject config, String key, boolean what) {
        return config.get(key) instanceof JsonPrimitive flag && flag.isBoolean() && flag.getAsBoolean() == what;
    }

    private static JsonObject decoder(boolean prefix) {
        final JsonArray steps = new JsonArray();
        final JsonObject replace = step("Replace");
        final JsonObject blank = new JsonObject();
        blank.addProperty("String", BLANK);
        replace.add("pattern", blank);
        replace.addProperty("content", " ");
        steps.add(replace);
        steps.add(step("ByteFallback"));
        steps.add(step("Fuse"));
        if (prefix) {
            final JsonObject strip = step("Strip");
            strip.addProperty("content", " ");
            strip.addProperty("start", 1);
            strip.addProperty("stop", 0);
            steps.add(strip);
        }
        final JsonObject decoder = step("Sequence");
        decoder.add("decoders", steps);
        return decoder;
    }

    private static JsonObject step(String type) {
        final JsonObject step = new JsonObject();
        step.addProperty("type", type);
        return step;
    }
}
