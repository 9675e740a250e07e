package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Refuses, by name, settings beside a vocabulary that would change the tokens and that this library does not follow. */
final class SettingsCheck {
    private static final String INPUTS = "model_input_names";

    private final TokenizerFiles files;
    private final JsonObject config;

    private SettingsCheck(TokenizerFiles files) {
        this.files = files;
        this.config = files.json(TokenizerFiles.CONFIG);
    }

    /**
     * Looks at all of them.
     *
     * @param sides whether it matters on which side rows are padded and cut
     * @throws FinetuneException naming the file and the first such setting
     */
    static void check(TokenizerFiles files, boolean sides) {
        SettingsCheck check = new SettingsCheck(files);
        if (sides) {
            check.refuseLeft("padding_side", "padding");
            check.refuseLeft("truncation_side", "truncation");
        }
        check.refuseCode();
        check.refuseOtherClass();
        if (check.config.get("split_special_tokens") instanceof JsonPrimitive split && split.getAsBoolean()) {
            throw check.refusal(
                    "split_special_tokens", "special tokens in a text are kept whole here. Set it to false");
        }
        if (check.config.get(INPUTS) instanceof JsonArray names
                && !names.contains(new JsonPrimitive("attention_mask"))) {
            throw check.refusal(
                    INPUTS,
                    "without \"attention_mask\" a model would read the padding. Add it if it was left out by mistake");
        }
    }

    private FinetuneException refusal(String key, String why) {
        return new FinetuneException(
                files.path(TokenizerFiles.CONFIG) + ": \"" + key + "\": " + config.get(key) + ": " + why + ".");
    }

    /** tokenizer_config.json wins over what tokenizer.json says. */
    private void refuseLeft(String key, String part) {
        Optional<String> said = files.setting(key);
        Optional<String> own = Optional.ofNullable(
                        files.json(TokenizerFiles.TOKENIZER).get(part))
                .filter(JsonElement::isJsonObject)
                .map(found -> found.getAsJsonObject().get("direction"))
                .filter(JsonElement::isJsonPrimitive)
                .map(JsonElement::getAsString);
        if (said.or(() -> own)
                .map(side -> side.toLowerCase(Locale.ROOT))
                .filter("left"::equals)
                .isPresent()) {
            throw new FinetuneException(
                    files.path(said.isPresent() ? TokenizerFiles.CONFIG : TokenizerFiles.TOKENIZER) + " sets " + key
                            + " to \"left\"; encoders of the BERT family pad and cut on the right. Set it to \"right\" in "
                            + TokenizerFiles.CONFIG + " if the model was trained so.");
        }
    }

    private void refuseCode() {
        JsonElement code = config.get("auto_map");
        boolean ofTokenizer =
                code instanceof JsonArray || code instanceof JsonObject byClass && byClass.has("AutoTokenizer");
        if (ofTokenizer) {
            throw refusal(
                    "auto_map",
                    "the tokenizer is Python code of its own, which is not run. Remove the entry if tokenizer.json alone"
                            + " is what the model was trained with");
        }
    }

    /** A vocabulary alone doesn't say how texts are split: that follows from the class. */
    private void refuseOtherClass() {
        boolean wordPiece = files.has(TokenizerFiles.VOCAB_TXT);
        Optional<String> name = files.tokenizerClass();
        if (files.has(TokenizerFiles.TOKENIZER)
                || !wordPiece && !files.has(TokenizerFiles.VOCAB_JSON)
                || name.isEmpty()
                || TokenizerClass.named(name.get()) == (wordPiece ? TokenizerClass.BERT : TokenizerClass.ROBERTA)) {
            return;
        }
        throw new FinetuneException("The tokenizer in " + files.directory() + " is a " + name.get()
                + " (tokenizer_class in "
                + TokenizerFiles.CONFIG + " or config.json), which splits texts otherwise than "
                + (wordPiece ? "BertTokenizer does with a vocab.txt" : "RobertaTokenizer does with a vocab.json")
                + ". Where Transformers can save it as tokenizer.json (save_pretrained), put that there; else use another"
                + " model.");
    }

    /** Whether the network is to be told which text of a pair a token belongs to. */
    static boolean givesTokenTypes(TokenizerFiles files) {
        return files.json(TokenizerFiles.CONFIG).get(INPUTS) instanceof JsonArray names
                ? names.contains(new JsonPrimitive("token_type_ids"))
                : files.tokenizerClass().filter("DistilBertTokenizer"::equals).isEmpty()
                        && TokenizerClass.of(files).givesTokenTypes();
    }

    /**
     * Whether versions of Transformers differ in that: they gave token types with such a tokenizer before 5, and give none since,
     * unless model_input_names says so.
     */
    static boolean leavesTokenTypesOpen(TokenizerFiles files) {
        return !(files.json(TokenizerFiles.CONFIG).get(INPUTS) instanceof JsonArray)
                && Set.of(TokenizerClass.ALBERT, TokenizerClass.AS_WRITTEN).contains(TokenizerClass.of(files));
    }

    /** sentence-transformers puts a step that lower-cases before a normalizer that doesn't. */
    static void refuseLowerCasing(TokenizerFiles files, JsonObject definition) {
        boolean wanted = files.json(files.sentences()).get("do_lower_case") instanceof JsonPrimitive lower
                && lower.isBoolean()
                && lower.getAsBoolean();
        if (wanted && !lowers(definition.get("normalizer"))) {
            throw new FinetuneException(files.path(files.sentences())
                    + ": \"do_lower_case\": true: the tokenizer itself keeps upper case, and no such step is put before it"
                    + " here. Set it to false, and lower-case the texts yourself.");
        }
    }

    private static boolean lowers(JsonElement normalizer) {
        if (TokenizerDefinition.isA(normalizer, "Sequence")) {
            return normalizer.getAsJsonObject().getAsJsonArray("normalizers").asList().stream()
                    .anyMatch(SettingsCheck::lowers);
        }
        return TokenizerDefinition.isA(normalizer, "Lowercase")
                || TokenizerDefinition.isA(normalizer, "BertNormalizer")
                        && normalizer.getAsJsonObject().get("lowercase").getAsBoolean();
    }
}
