package dev.finetune.examples.pretrain;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a learned byte-pair encoding as tokenizer.json, which Hugging Face's tokenizers and this library read. */
final class BytePairFiles {
    static final String END_OF_TEXT = "<|endoftext|>";
    static final String START = "<|im_start|>";
    static final String END = "<|im_end|>";

    private BytePairFiles() {}

    /** Writes tokenizer.json and tokenizer_config.json. */
    static void write(BytePairLearner.Learned learned, int maxLength, Path directory) throws IOException {
        json(directory.resolve("tokenizer.json"), tokenizer(learned));
        final JsonObject config = new JsonObject();
        config.addProperty("tokenizer_class", "PreTrainedTokenizerFast");
        config.addProperty("model_max_length", maxLength);
        config.addProperty("eos_token", END_OF_TEXT);
        config.addProperty("pad_token", END_OF_TEXT);
        config.addProperty("clean_up_tokenization_spaces", false);
        json(directory.resolve("tokenizer_config.json"), config);
    }

    private static JsonObject tokenizer(BytePairLearner.Learned learned) {
        final JsonArray added = new JsonArray();
        for (String token : learned.special()) {
            final JsonObject entry = new JsonObject();
            entry.addProperty("id", learned.vocabulary().indexOf(token));
            entry.addProperty("content", token);
            for (String off : new String[] {"single_word", "lstrip", "rstrip", "normalized"}) {
                entry.addProperty(off, false);
            }
            entry.addProperty("special", true);
            added.add(entry);
        }
        final JsonObject vocabulary = new JsonObject();
        learned.vocabulary().forEach(token -> vocabulary.addProperty(token, vocabulary.size()));
        final JsonArray merges = new JsonArray();
        learned.merges().forEach(pair -> merges.add(pair.get(0) + " " + pair.get(1)));
        final JsonObject model = new JsonObject();
        model.addProperty("type", "BPE");
        model.add("vocab", vocabulary);
        model.add("merges", merges);
        final JsonObject bytes = new JsonObject();
        bytes.addProperty("type", "ByteLevel");
        bytes.addProperty("add_prefix_space", false);
        bytes.addProperty("trim_offsets", true);
        bytes.addProperty("use_regex", true);
        final JsonObject tokenizer = new JsonObject();
        tokenizer.addProperty("version", "1.0");
        tokenizer.add("added_tokens", added);
        tokenizer.add("pre_tokenizer", bytes);
        tokenizer.add("decoder", bytes);
        tokenizer.add("model", model);
        return tokenizer;
    }

    static void json(Path file, JsonObject json) throws IOException {
        Files.writeString(
                file,
                new GsonBuilder()
                                .setPrettyPrinting()
                                .disableHtmlEscaping()
                                .create()
                                .toJson(json) + "\n");
    }
}
