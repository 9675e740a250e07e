package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Refuses a tokenizer.json that says otherwise than the tokenizer's class does. Transformers 5 takes no more than the
 * vocabulary from it for BERT, MPNet and RoBERTa, and versions before followed it, so that nobody could tell which tokens the
 * model was trained with.
 */
final class ClassCheck {
    private static final String NORMALIZER = "normalizer";
    private static final String SPLITTER = "pre_tokenizer";
    private static final int LONGEST_WORD = 100;

    private final TokenizerFiles files;
    private final JsonObject definition;
    private final TokenizerClass kind;
    private final JsonObject config;

    /**
     * A check of a definition.
     *
     * @param definition as tokenizer.json has it
     */
    ClassCheck(TokenizerFiles files, JsonObject definition, TokenizerClass kind) {
        this.files = files;
        this.definition = definition;
        this.kind = kind;
        this.config = files.json(TokenizerFiles.CONFIG);
    }

    /** Looks at the steps and at the model. */
    void check() {
        switch (kind) {
            case BERT, MPNET -> checkWordPiece();
            case ROBERTA -> checkByteLevel();
            case ALBERT -> {
                checkStep("do_lower_case", true, has(NORMALIZER, "Lowercase"));
                checkStep("keep_accents", false, !has(NORMALIZER, "StripAccents"));
            }
            case DEBERTA -> {
                checkStep("do_lower_case", false, has(NORMALIZER, "Lowercase"));
                checkStep("split_by_punct", false, has(SPLITTER, "Punctuation"));
            }
            default -> {}
        }
    }

    private void checkWordPiece() {
        require(NORMALIZER, TokenizerDefinition.isA(definition.get(NORMALIZER), "BertNormalizer"), "a BertNormalizer");
        final JsonObject normalizer = definition.getAsJsonObject(NORMALIZER);
        require(NORMALIZER, !isOff(normalizer.get("clean_text")), "a BertNormalizer that cleans texts (clean_text)");
        require(SPLITTER, TokenizerDefinition.isA(definition.get(SPLITTER), "BertPreTokenizer"), "a BertPreTokenizer");
        final JsonObject model = definition.getAsJsonObject("model");
        requireOfModel("type", "WordPiece");
        requireOfModel("continuing_subword_prefix", "##");
        requireOfModel("unk_token", files.named("unk_token").orElse("[UNK]"));
        if (model.get("max_input_chars_per_word") instanceof JsonPrimitive most && most.isNumber()) {
            require("model", most.getAsInt() == LONGEST_WORD, "words of up to 100 letters (max_input_chars_per_word)");
        }
    }

    private void checkByteLevel() {
        require(NORMALIZER, isAbsent(definition.get(NORMALIZER)), "none");
        final JsonElement splitter = definition.get(SPLITTER);
        require(
                SPLITTER,
                TokenizerDefinition.isA(splitter, "ByteLevel")
                        && !isOff(splitter.getAsJsonObject().get("use_regex")),
                "ByteLevel with its own rule (use_regex)");
        requireOfModel("type", "BPE");
    }

    /** A flag of the model that says something else than its class; what isn't said is as usual. */
    private void requireOfModel(String key, String usual) {
        final JsonElement said = definition.getAsJsonObject("model").get(key);
        require(
                "model",
                isAbsent(said) || said.isJsonPrimitive() && said.getAsString().equals(usual),
                key + " \"" + usual + "\"");
    }

    private void require(String part, boolean holds, String usual) {
        if (!holds) {
            throw new FinetuneException(files.path(TokenizerFiles.TOKENIZER) + ": \"" + part
                    + "\" isn't what Transformers' " + name() + " has in its place, whatever is written there: " + usual
                    + ". If the model was trained with what tokenizer.json says, " + asWritten() + ".");
        }
    }

    /** A step that is there or not, and a setting that says so. */
    private void checkStep(String key, boolean usual, boolean found) {
        final boolean said = config.get(key) instanceof JsonPrimitive flag && flag.isBoolean();
        final boolean wanted = said ? config.get(key).getAsBoolean() : usual;
        if (wanted != found) {
            throw new FinetuneException(files.path(TokenizerFiles.CONFIG) + ": \"" + key + "\" is " + wanted
                    + (said ? "" : ", as it isn't said,") + " for Transformers' " + name() + ", but the steps in "
                    + TokenizerFiles.TOKENIZER + " are those for " + found
                    + ". If the model was trained with these, set it to "
                    + found + "; else open the tokenizer with Transformers 5 and save it again.");
        }
    }

    /**
     * Checks that a text stands between the tokens that the settings name.
     *
     * @param opening the token before a text, or -1
     * @param closing the one after it, or -1
     */
    void checkAround(Vocabulary vocabulary, int opening, int closing) {
        final List<String> keys = kind.around();
        for (int i = 0; i < keys.size(); i++) {
            final int found = i == 0 ? opening : closing;
            final Optional<String> name = files.named(keys.get(i));
            if (name.isPresent() ? vocabulary.idOf(name.get()).orElse(-1) != found : found < 0) {
                throw new FinetuneException(files.path(TokenizerFiles.TOKENIZER) + " has "
                        + vocabulary
                                .token(found)
                                .map(token -> "\"" + token + "\"")
                                .orElse("nothing")
                        + (i == 0 ? " before" : " after") + " a text (post_processor), where Transformers' " + name()
                        + " writes its " + keys.get(i)
                        + name.map(token -> ", \"" + token + "\"").orElse("")
                        + ". If the model was trained with what tokenizer.json says, " + asWritten()
                        + "; else correct the name in " + TokenizerFiles.CONFIG + " or " + TokenizerFiles.SPECIAL
                        + ".");
            }
        }
    }

    private String name() {
        return files.tokenizerClass()
                .orElseGet(() -> "tokenizer for the type "
                        + files.modelType().orElse(kind.name().toLowerCase(Locale.ROOT)));
    }

    private static String asWritten() {
        return "set \"tokenizer_class\" to \"PreTrainedTokenizerFast\" in " + TokenizerFiles.CONFIG
                + ": then Transformers follows it, too";
    }

    private boolean has(String part, String type) {
        return has(definition.get(part), type);
    }

    private static boolean has(JsonElement step, String type) {
        if (TokenizerDefinition.isA(step, "Sequence")) {
            return List.of("normalizers", "pretokenizers").stream()
                    .map(step.getAsJsonObject()::get)
                    .filter(JsonArray.class::isInstance)
                    .flatMap(steps -> steps.getAsJsonArray().asList().stream())
                    .anyMatch(inner -> has(inner, type));
        }
        return TokenizerDefinition.isA(step, type);
    }

    private static boolean isAbsent(JsonElement value) {
        return Objects.requireNonNullElse(value, JsonNull.INSTANCE).isJsonNull();
    }

    private static boolean isOff(JsonElement flag) {
        return flag instanceof JsonPrimitive value && value.isBoolean() && !value.getAsBoolean();
    }
}
