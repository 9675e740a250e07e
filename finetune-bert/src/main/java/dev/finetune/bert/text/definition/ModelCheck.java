package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.Locale;
import java.util.Map;

/**
 * A model that was checked.
 *
 * @param json the model with what was checked alone
 * @param knowsUnknown whether it has a token for what its vocabulary lacks, or needs none
 */
record ModelCheck(JsonObject json, boolean knowsUnknown) {
    /** WordPiece looks at all parts of a word, which takes the square of its length. */
    private static final int LONGEST_WORD = 1000;

    /** Unigram keeps its vocabulary as a tree, as deep as its longest token, which is left by recursion. */
    private static final int LONGEST_PIECE = 1000;

    private static final String[] BPE = {
        "dropout",
        "unk_token",
        "continuing_subword_prefix",
        "end_of_word_suffix",
        "fuse_unk",
        "byte_fallback",
        "ignore_merges",
        "vocab",
        "merges"
    };

    static ModelCheck of(Step model) {
        String type = model.isSaid("type") ? model.type() : inferred(model);
        return switch (type) {
            case "WordPiece" -> wordPiece(model);
            case "WordLevel" -> {
                JsonObject vocab = vocab(model);
                yield new ModelCheck(model.only(type, "unk_token", "vocab"), vocab.has(unknown(model)));
            }
            case "BPE" -> bytePairs(model);
            case "Unigram" -> unigram(model);
            default -> throw model.unknown("model");
        };
    }

    /** Files of early versions don't say. */
    private static String inferred(Step model) {
        if (model.isSaid("merges")) {
            return "BPE";
        }
        if (model.get("vocab") instanceof JsonArray) {
            return "Unigram";
        }
        return model.isSaid("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
    }

    private static String unknown(Step model) {
        return model.text("unk_token");
    }

    private static JsonObject vocab(Step model) {
        if (!(model.get("vocab") instanceof JsonObject vocab)) {
            throw model.refusal("vocab", "expected tokens with their ids");
        }
        for (Map.Entry<String, JsonElement> entry : vocab.entrySet()) {
            Step.whole(model.source(), "model.vocab, \"" + entry.getKey() + "\",", entry.getValue());
        }
        return vocab;
    }

    private static ModelCheck wordPiece(Step model) {
        JsonObject vocab = vocab(model);
        model.text("continuing_subword_prefix");
        if (model.whole("max_input_chars_per_word") > LONGEST_WORD) {
            throw model.refusal("max_input_chars_per_word", "words may have " + LONGEST_WORD + " characters at most");
        }
        return new ModelCheck(
                model.only("WordPiece", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab"),
                vocab.has(unknown(model)));
    }

    private static ModelCheck bytePairs(Step model) {
        JsonObject vocab = vocab(model);
        String prefix = model.isSaid("continuing_subword_prefix") ? model.text("continuing_subword_prefix") : "";
        if (model.isSaid("end_of_word_suffix")) {
            model.text("end_of_word_suffix");
        }
        model.flags("fuse_unk", "byte_fallback", "ignore_merges");
        JsonArray merges = model.array("merges", Integer.MAX_VALUE);
        for (int i = 0; i < merges.size(); i++) {
            merge(model, vocab, prefix, merges.get(i), i);
        }
        boolean named = model.isSaid("unk_token");
        return new ModelCheck(model.only("BPE", BPE), !named || vocab.has(unknown(model)));
    }

    private static void merge(Step model, JsonObject vocab, String prefix, JsonElement merge, int number) {
        String[] parts = {};
        if (merge instanceof JsonPrimitive text && text.isString()) {
            parts = text.getAsString().split(" ", -1);
        } else if (merge instanceof JsonArray pair && pair.asList().stream().allMatch(ModelCheck::isText)) {
            parts = pair.asList().stream().map(JsonElement::getAsString).toArray(String[]::new);
        }
        String place = "model.merges[" + number + "]";
        if (parts.length != 2) {
            if (merge instanceof JsonPrimitive text
                    && text.isString()
                    && text.getAsString().startsWith("#version")) {
                return; // As the library does with a line of merges.txt.
            }
            throw Step.refusal(model.source(), place, "is " + Step.shown(merge) + ", expected two tokens");
        }
        if (!vocab.has(parts[0]) || !vocab.has(parts[1])) {
            throw Step.refusal(
                    model.source(), place, "joins " + Step.shown(merge) + ", which the vocabulary doesn't have both");
        }
        if (!parts[1].startsWith(prefix)) {
            throw Step.refusal(
                    model.source(),
                    place,
                    "joins " + Step.shown(merge) + ", where the second token should begin with " + prefix);
        }
        if (!vocab.has(parts[0] + parts[1].substring(prefix.length()))) {
            throw Step.refusal(
                    model.source(), place, "joins " + Step.shown(merge) + " to a token that the vocabulary lacks");
        }
    }

    private static boolean isText(JsonElement element) {
        return element instanceof JsonPrimitive text && text.isString();
    }

    private static ModelCheck unigram(Step model) {
        JsonArray vocab = model.array("vocab", Integer.MAX_VALUE);
        for (int i = 0; i < vocab.size(); i++) {
            boolean scored = vocab.get(i) instanceof JsonArray pair
                    && pair.size() == 2
                    && isText(pair.get(0))
                    && pair.get(1) instanceof JsonPrimitive score
                    && score.isNumber()
                    && Double.isFinite(score.getAsDouble());
            if (!scored) {
                throw Step.refusal(
                        model.source(),
                        "model.vocab[" + i + "]",
                        "is " + Step.shown(vocab.get(i)) + ", expected a token and its score");
            }
            String token = vocab.get(i).getAsJsonArray().get(0).getAsString();
            if (token.length() > LONGEST_PIECE) {
                throw Step.refusal(
                        model.source(),
                        "model.vocab[" + i + "]",
                        String.format(
                                Locale.ROOT,
                                "has %d characters, at most %d are allowed",
                                token.length(),
                                LONGEST_PIECE));
            }
        }
        boolean named = model.isSaid("unk_id");
        if (named && model.whole("unk_id") >= vocab.size()) {
            throw model.refusal("unk_id", "the vocabulary has " + vocab.size() + " tokens");
        }
        model.flags("byte_fallback");
        return new ModelCheck(model.only("Unigram", "unk_id", "vocab", "byte_fallback"), named);
    }
}
