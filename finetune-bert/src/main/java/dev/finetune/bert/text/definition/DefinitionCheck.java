package dev.finetune.bert.text.definition;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A definition that was checked, as the native library is given it: only what was checked, without truncation and
 * padding, and without a decoder that isn't known, which is no matter as long as nothing is decoded.
 *
 * @param json the definition
 * @param longestText the most UTF-16 units of a text that its regular expressions are sure to get through
 * @param knowsUnknown whether there is a token for what the vocabulary lacks, so that no text is refused
 * @param undecodable why it can't decode; empty if it can
 * @param normalizedTokens the added tokens that are looked for in the normalized text
 */
public record DefinitionCheck(
        JsonObject json,
        int longestText,
        boolean knowsUnknown,
        Optional<String> undecodable,
        List<String> normalizedTokens) {
    private static final int MOST_ADDED = 1_000_000;
    private static final long MOST_ADDED_CHARACTERS = 16L << 20;

    /**
     * Checks a definition.
     *
     * @param definition in the format of tokenizer.json, with the added tokens' ids
     * @param largestId the largest id of its vocabulary
     * @param source the file, for messages
     * @throws FinetuneException naming the file, the place, what is there and what was expected
     */
    public static DefinitionCheck of(JsonObject definition, int largestId, String source) {
        Step whole = new Step(source, "the definition", definition);
        RegexBudget budget = new RegexBudget();
        JsonObject checked = new JsonObject();
        checked.addProperty("version", "1.0");
        List<String> normalized = new ArrayList<>();
        checked.add("added_tokens", addedTokens(whole, normalized));
        checked.add(
                "normalizer",
                whole.isSaid("normalizer")
                        ? new NormalizerCheck(budget).checked(part(source, definition, "normalizer"))
                        : JsonNull.INSTANCE);
        checked.add(
                "pre_tokenizer",
                whole.isSaid("pre_tokenizer")
                        ? new PreTokenizerCheck(budget).checked(part(source, definition, "pre_tokenizer"))
                        : JsonNull.INSTANCE);
        checked.add(
                "post_processor",
                whole.isSaid("post_processor")
                        ? new PostProcessorCheck(largestId).checked(part(source, definition, "post_processor"))
                        : JsonNull.INSTANCE);
        ModelCheck model = ModelCheck.of(part(source, definition, "model"));
        checked.add("model", model.json());
        final Optional<String> undecodable = addDecoder(whole, checked);
        return new DefinitionCheck(
                checked, budget.longestText(), model.knowsUnknown(), undecodable, List.copyOf(normalized));
    }

    /** Adds the decoder, if it is known; says why not. */
    private static Optional<String> addDecoder(Step whole, JsonObject checked) {
        if (!whole.isSaid("decoder")) {
            return Optional.empty();
        }
        try {
            checked.add(
                    "decoder", new DecoderCheck().checked(Step.of(whole.source(), "decoder", whole.get("decoder"))));
            return Optional.empty();
        } catch (FinetuneException e) {
            return Optional.of(e.getMessage());
        }
    }

    private static Step part(String source, JsonObject definition, String key) {
        return Step.of(source, key, definition.get(key));
    }

    private static JsonArray addedTokens(Step whole, List<String> normalized) {
        JsonArray kept = new JsonArray();
        if (!whole.isSaid("added_tokens")) {
            return kept;
        }
        long characters = 0;
        for (JsonElement element : whole.array("added_tokens", MOST_ADDED)) {
            Step token = Step.of(whole.source(), "added_tokens[" + kept.size() + "]", element)
                    .flags("single_word", "lstrip", "rstrip", "normalized", "special");
            String content = token.text("content");
            token.whole("id");
            characters += content.length();
            if (characters > MOST_ADDED_CHARACTERS) {
                throw Step.refusal(
                        whole.source(), "added_tokens", "hold more than " + MOST_ADDED_CHARACTERS + " characters");
            }
            if (token.get("normalized") instanceof JsonPrimitive flag && flag.getAsBoolean()) {
                normalized.add(content);
            }
            JsonObject only =
                    token.only("", "id", "content", "single_word", "lstrip", "rstrip", "normalized", "special");
            only.remove("type");
            kept.add(only);
        }
        return kept;
    }

    /** A tokenizer that shows what the normalizer makes of a text: one unknown token, or none where nothing is left. */
    public JsonObject normalizerAlone() {
        JsonObject vocab = new JsonObject();
        vocab.addProperty("?", 0);
        JsonObject model = new JsonObject();
        model.addProperty("type", "WordLevel");
        model.add("vocab", vocab);
        model.addProperty("unk_token", "?");
        JsonObject alone = new JsonObject();
        alone.addProperty("version", "1.0");
        alone.add("normalizer", json.get("normalizer"));
        alone.add("model", model);
        return alone;
    }
}
