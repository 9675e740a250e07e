package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A tokenizer as the JSON that the native library reads (the format of tokenizer.json): taken from a model directory,
 * or generated from its vocabulary.
 *
 * @param json the definition, without truncation and padding
 * @param source the file that it came from, for errors
 */
record TokenizerDefinition(JsonObject json, String source) {
    /**
     * Finds the definition: tokenizer.json, else vocab.txt (WordPiece), else vocab.json and merges.txt (byte BPE), else SentencePiece's
     * own file.
     */
    static TokenizerDefinition of(TokenizerFiles files) {
        if (files.has(TokenizerFiles.TOKENIZER)) {
            return read(files);
        }
        if (files.has(TokenizerFiles.VOCAB_TXT)) {
            return new TokenizerDefinition(
                    GeneratedTokenizer.wordPiece(files),
                    files.path(TokenizerFiles.VOCAB_TXT).toString());
        }
        if (files.has(TokenizerFiles.VOCAB_JSON) && files.has(TokenizerFiles.MERGES)) {
            return new TokenizerDefinition(
                    GeneratedTokenizer.byteLevel(files),
                    files.path(TokenizerFiles.VOCAB_JSON).toString());
        }
        final TokenizerClass kind = TokenizerClass.of(files);
        final Optional<String> pieces = SentencePieceTokenizer.file(kind).filter(files::has);
        if (pieces.isPresent()) {
            return new TokenizerDefinition(
                    SentencePieceTokenizer.of(files, kind, pieces.get()),
                    files.path(pieces.get()).toString());
        }
        throw new FinetuneException("No tokenizer in " + files.directory()
                + ": looked for tokenizer.json, for vocab.txt, for vocab.json with merges.txt, and for SentencePiece's file, found "
                + (files.contents().isEmpty()
                        ? "none of them"
                        : files.contents().keySet()) + "." + sentencePiece(files));
    }

    private static String sentencePiece(TokenizerFiles files) {
        for (String name : TokenizerFiles.PIECES) {
            if (files.has(name)) {
                return " There is a " + name
                        + ", which isn't read for this model_type and tokenizer_class: open the model once with Transformers and save"
                        + " its tokenizer there, which writes tokenizer.json.";
            }
        }
        return " Copy the tokenizer's files into the model's directory.";
    }

    private static TokenizerDefinition read(TokenizerFiles files) {
        String source = files.path(TokenizerFiles.TOKENIZER).toString();
        JsonObject json = files.json(TokenizerFiles.TOKENIZER);
        if (!(json.get("model") instanceof JsonObject)) {
            throw new FinetuneException(source + " has no \"model\": it is not a tokenizer.json as Hugging Face's"
                    + " tokenizers library writes it.");
        }
        json.remove("truncation");
        json.remove("padding");
        TokenizerClass kind = TokenizerClass.of(files);
        boolean follows = kind != TokenizerClass.AS_WRITTEN;
        if (follows) {
            new ClassCheck(files, json, kind).check();
        }
        boolean ownSteps = ClassSteps.putInto(json, files, kind);
        if (follows && !ownSteps) {
            followSettings(json, files.json(TokenizerFiles.CONFIG), kind);
        }
        AddedTokens.complete(json, files, follows, Map.of());
        if (ownSteps) {
            ClassSteps.surround(json, files, kind);
        }
        ClassSteps.begunAndEnded(json, files, kind);
        return new TokenizerDefinition(json, source);
    }

    /** Transformers' tokenizers let what tokenizer_config.json says win over tokenizer.json, and so what it means by default. */
    private static void followSettings(JsonObject json, JsonObject config, TokenizerClass kind) {
        if (json.get("normalizer") instanceof JsonObject normalizer && isA(normalizer, "BertNormalizer")) {
            if (kind.isWordPiece()) {
                normalizer.addProperty("lowercase", true);
                normalizer.add("strip_accents", JsonNull.INSTANCE);
                normalizer.addProperty("handle_chinese_chars", true);
            }
            copy(config, "do_lower_case", normalizer, "lowercase");
            copy(config, "strip_accents", normalizer, "strip_accents");
            copy(config, "tokenize_chinese_chars", normalizer, "handle_chinese_chars");
        }
        if (config.get("add_prefix_space") instanceof JsonPrimitive prefix && prefix.isBoolean()) {
            setPrefixSpace(json, prefix.getAsBoolean());
            String without = kind == TokenizerClass.DEBERTA ? "first" : "never";
            steps(json, "pre_tokenizer", "Metaspace").forEach(step -> {
                step.remove("add_prefix_space"); // As the library before 0.19 called it.
                step.addProperty("prepend_scheme", prefix.getAsBoolean() ? "always" : without);
            });
        } else if (kind == TokenizerClass.ROBERTA) {
            setPrefixSpace(json, false);
        }
    }

    private static void copy(JsonObject from, String key, JsonObject to, String toKey) {
        JsonElement value = from.get(key);
        boolean isFlag = value instanceof JsonPrimitive flag && flag.isBoolean();
        if (isFlag || (value instanceof JsonNull && key.equals("strip_accents"))) {
            to.add(toKey, value);
        }
    }

    static boolean isA(JsonElement element, String type) {
        return element instanceof JsonObject object
                && object.get("type") instanceof JsonPrimitive name
                && name.getAsString().equals(type);
    }

    /**
     * Whether each word of a list is tokenized as it would be inside a text. Byte-level tokenizers that add no space
     * before the first word would take every word of a list for the start of a text.
     */
    boolean fitForWords() {
        return byteLevels(json, "pre_tokenizer").stream()
                .map(step -> step.get("add_prefix_space"))
                .allMatch(prefix -> prefix == null || prefix.getAsBoolean());
    }

    /** The same tokenizer with a space before the first word, as Transformers wants it for lists of words. */
    TokenizerDefinition forWords() {
        JsonObject changed = json.deepCopy();
        setPrefixSpace(changed, true);
        return new TokenizerDefinition(changed, source);
    }

    private static void setPrefixSpace(JsonObject json, boolean prefix) {
        List<JsonObject> steps = byteLevels(json, "pre_tokenizer");
        if (steps.isEmpty()) {
            return;
        }
        steps.addAll(byteLevels(json, "post_processor"));
        steps.forEach(step -> step.addProperty("add_prefix_space", prefix));
    }

    private static List<JsonObject> byteLevels(JsonObject json, String key) {
        return steps(json, key, "ByteLevel", "RobertaProcessing");
    }

    private static List<JsonObject> steps(JsonObject json, String key, String... types) {
        List<JsonObject> found = new ArrayList<>();
        collect(json.get(key), found, types);
        return found;
    }

    private static void collect(JsonElement step, List<JsonObject> found, String... types) {
        if (Stream.of(types).anyMatch(type -> isA(step, type))) {
            found.add(step.getAsJsonObject());
        } else if (isA(step, "Sequence")) {
            for (String key : List.of("pretokenizers", "processors")) {
                if (step.getAsJsonObject().get(key) instanceof JsonArray steps) {
                    steps.forEach(inner -> collect(inner, found, types));
                }
            }
        }
    }

    /** The settings to save where a directory had none: enough for Transformers' AutoTokenizer to open it. */
    JsonObject minimalConfig(TokenizerFiles files, Vocabulary vocabulary, SpecialTokens special) {
        JsonObject config = new JsonObject();
        Optional<JsonObject> byteLevel =
                byteLevels(json, "pre_tokenizer").stream().findFirst();
        if (json.get("normalizer") instanceof JsonObject normalizer && isA(normalizer, "BertNormalizer")) {
            config.addProperty("tokenizer_class", "BertTokenizer");
            config.add("do_lower_case", normalizer.get("lowercase"));
            config.add("strip_accents", normalizer.get("strip_accents"));
            config.add("tokenize_chinese_chars", normalizer.get("handle_chinese_chars"));
        } else if (byteLevel.isPresent() && isA(json.get("post_processor"), "RobertaProcessing")) {
            config.addProperty("tokenizer_class", "RobertaTokenizer");
            config.add("add_prefix_space", byteLevel.get().get("add_prefix_space"));
        } else {
            config.addProperty(
                    "tokenizer_class", TokenizerClass.of(files).ownName().orElse("PreTrainedTokenizerFast"));
        }
        special.cls()
                .ifPresent(id ->
                        config.addProperty("cls_token", vocabulary.token(id).orElseThrow()));
        special.sep()
                .ifPresent(id ->
                        config.addProperty("sep_token", vocabulary.token(id).orElseThrow()));
        special.pad()
                .ifPresent(id ->
                        config.addProperty("pad_token", vocabulary.token(id).orElseThrow()));
        special.unk()
                .ifPresent(id ->
                        config.addProperty("unk_token", vocabulary.token(id).orElseThrow()));
        special.mask()
                .ifPresent(id ->
                        config.addProperty("mask_token", vocabulary.token(id).orElseThrow()));
        return config;
    }
}
