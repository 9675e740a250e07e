package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The steps that the classes of Transformers 5 make anew when they open a tokenizer.json: of the file they take the vocabulary, what
 * stands around a text, added tokens and SentencePiece's table of characters, and nothing else. Files that were written by versions
 * before often have other steps, which treat several blanks, or characters of several widths, otherwise.
 */
final class ClassSteps {
    private static final String BLANK = "▁";
    private static final String ALWAYS = "always";
    private static final String BEGUN = "add_bos_token";
    private static final String ENDED = "add_eos_token";

    /** PRETOKENIZE_REGEX of Qwen2Tokenizer. */
    private static final String QWEN_SPLITS =
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                    + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private final JsonObject json;
    private final JsonObject model;
    private final JsonObject config;
    private final TokenizerFiles files;

    private ClassSteps(JsonObject json, TokenizerFiles files) {
        this.json = json;
        this.model = json.getAsJsonObject("model");
        this.config = files.json(TokenizerFiles.CONFIG);
        this.files = files;
    }

    /**
     * Replaces the steps of a definition by those of a class.
     *
     * @param json in the format of tokenizer.json; changed
     * @return whether it did; not where the file's model is none of the class, which then is named by mistake
     */
    static boolean putInto(JsonObject json, TokenizerFiles files, TokenizerClass kind) {
        final ClassSteps steps = new ClassSteps(json, files);
        return switch (kind) {
            case T5, XLM_ROBERTA, CAMEMBERT, ALBERT, DEBERTA -> steps.isUnigram() && steps.pieces(kind);
            case LLAMA, CODE_LLAMA, GEMMA -> steps.holds(BLANK) && steps.bytePairs(kind);
            case GPT2, QWEN2 -> steps.holds("ByteLevel") && steps.byteLevel(kind);
            default -> false;
        };
    }

    /** Puts what the class writes around a text into a definition whose added tokens have their ids. */
    static void surround(JsonObject json, TokenizerFiles files, TokenizerClass kind) {
        final ClassSteps steps = new ClassSteps(json, files);
        if (kind == TokenizerClass.T5) {
            final String closing = steps.named("eos_token", "</s>");
            steps.idOf(closing)
                    .ifPresent(id -> json.add(
                            "post_processor", Steps.template("$A </s>", "$A </s> $B </s>", Steps.special("</s>", id))));
        } else if (kind == TokenizerClass.CODE_LLAMA) {
            final String opening = steps.named("bos_token", "<s>");
            steps.idOf(opening)
                    .ifPresent(id -> json.add(
                            "post_processor", Steps.template("<> $A", "<> $A <>:1 $B:1", Steps.special("<>", id))));
        }
    }

    /**
     * Puts the tokens that begin and end a text around it, where add_bos_token or add_eos_token say whether there are such: then nothing
     * else is, whatever the class or the file has there.
     *
     * @param json with its added tokens; changed
     */
    static void begunAndEnded(JsonObject json, TokenizerFiles files, TokenizerClass kind) {
        final ClassSteps steps = new ClassSteps(json, files);
        if (!steps.config.has(BEGUN) && !steps.config.has(ENDED)) {
            return;
        }
        final Optional<String> begin =
                steps.says(BEGUN, true) ? files.named("bos_token").or(kind::beginning) : Optional.empty();
        final Optional<String> end =
                steps.says(ENDED, true) ? files.named("eos_token").or(kind::ending) : Optional.empty();
        final List<JsonObject> around = Stream.of(begin, end)
                .flatMap(Optional::stream)
                .distinct()
                .map(token -> Steps.special(token, steps.idOf(token).orElseThrow(() -> steps.lacks(token))))
                .toList();
        final String before = begin.map(token -> token + " ").orElse("");
        final String after = end.map(token -> " " + token).orElse("");
        final String second = begin.map(token -> token + ":1 ").orElse("")
                + "$B:1"
                + end.map(token -> " " + token + ":1").orElse("");
        json.add(
                "post_processor",
                Steps.template(
                        before + "$A" + after,
                        before + "$A" + after + " " + second,
                        around.toArray(JsonObject[]::new)));
    }

    private FinetuneException lacks(String token) {
        return new FinetuneException(files.path(TokenizerFiles.CONFIG) + " asks for the token \"" + token
                + "\" around texts (" + BEGUN + ", " + ENDED
                + "), and the tokenizer has no such token: name the right one"
                + " (bos_token, eos_token).");
    }

    private boolean isUnigram() {
        return TokenizerDefinition.isA(model, "Unigram")
                || !model.has("type") && model.get("vocab") instanceof JsonArray;
    }

    /** Whether the file's model is BPE, and its steps hold this. */
    private boolean holds(String mark) {
        return TokenizerDefinition.isA(model, "BPE") && (holds("normalizer", mark) || holds("pre_tokenizer", mark));
    }

    private boolean holds(String step, String mark) {
        return json.has(step) && json.get(step).toString().contains(mark);
    }

    private boolean pieces(TokenizerClass kind) {
        final boolean prefix = kind == TokenizerClass.T5 || !says("add_prefix_space", false);
        final String without = kind == TokenizerClass.DEBERTA ? "first" : "never";
        final JsonObject blanks = Steps.metaspace(prefix ? ALWAYS : without, true);
        json.add("normalizer", normalizer(kind));
        json.add(
                "pre_tokenizer",
                kind == TokenizerClass.DEBERTA
                        ? Steps.preTokenizers(
                                says("split_by_punct", true) ? Optional.of(punctuation()) : Optional.empty(), blanks)
                        : Steps.preTokenizers(Optional.of(Steps.step("WhitespaceSplit")), blanks));
        json.add("decoder", Steps.metaspace(prefix ? ALWAYS : without, true));
        model.addProperty("unk_id", unknown(kind));
        model.addProperty("byte_fallback", false);
        return true;
    }

    private static JsonObject punctuation() {
        final JsonObject step = Steps.step("Punctuation");
        step.addProperty("behavior", "Isolated");
        return step;
    }

    private JsonElement normalizer(TokenizerClass kind) {
        final Optional<JsonObject> table = Steps.charsmap(json.get("normalizer"));
        final JsonArray steps = new JsonArray();
        switch (kind) {
            case ALBERT -> {
                steps.add(Steps.replace("String", "``", "\""));
                steps.add(Steps.replace("String", "''", "\""));
                if (!says("keep_accents", true)) {
                    steps.add(Steps.step("NFKD"));
                    steps.add(Steps.step("StripAccents"));
                }
                if (!says("do_lower_case", false)) {
                    steps.add(Steps.step("Lowercase"));
                }
                table.ifPresent(steps::add);
            }
            case DEBERTA -> {
                if (says("do_lower_case", true)) {
                    steps.add(Steps.step("Lowercase"));
                }
                steps.add(Steps.replace("Regex", "\\s{2,}|[\\n\\r\\t]", " "));
                steps.add(Steps.step("NFC"));
                final JsonObject strip = Steps.step("Strip");
                strip.addProperty("strip_left", false);
                strip.addProperty("strip_right", true);
                steps.add(strip);
            }
            default -> {
                return table.isPresent() ? table.get() : JsonNull.INSTANCE;
            }
        }
        return Steps.sequence("normalizers", steps);
    }

    private int unknown(TokenizerClass kind) {
        return switch (kind) {
            case T5 -> 2;
            case ALBERT -> 1;
            case CAMEMBERT -> piece(named("unk_token", "<unk>"), false).orElse(0);
            case DEBERTA ->
                piece(named("unk_token", "[UNK]"), true)
                        .orElseGet(() -> JsonNumbers.whole(config.get("unk_id")).orElse(1));
            default -> 3;
        };
    }

    /** The id of a piece, if there is one, or one of score 0. */
    private OptionalInt piece(String name, boolean ofScoreZero) {
        final JsonArray pieces = model.getAsJsonArray("vocab");
        for (int id = 0; id < pieces.size(); id++) {
            final JsonArray piece = pieces.get(id).getAsJsonArray();
            if (piece.get(0).getAsString().equals(name)
                    && (!ofScoreZero || piece.get(1).getAsDouble() == 0)) {
                return OptionalInt.of(id);
            }
        }
        return OptionalInt.empty();
    }

    private boolean bytePairs(TokenizerClass kind) {
        final boolean gemma = kind == TokenizerClass.GEMMA;
        final boolean prefix = !gemma && !says("add_prefix_space", false);
        if (gemma) {
            json.add("normalizer", Steps.replace("String", " ", BLANK));
            json.add("pre_tokenizer", Steps.split("String", " ", "MergedWithPrevious"));
        } else {
            final String scheme = kind == TokenizerClass.LLAMA && says("legacy", true) ? ALWAYS : "first";
            json.add("normalizer", JsonNull.INSTANCE);
            json.add("pre_tokenizer", Steps.metaspace(prefix ? scheme : "never", false));
        }
        final JsonArray decoders = new JsonArray();
        decoders.add(Steps.replace("String", BLANK, " "));
        decoders.add(Steps.step("ByteFallback"));
        decoders.add(Steps.step("Fuse"));
        if (prefix || kind == TokenizerClass.CODE_LLAMA) {
            final JsonObject strip = Steps.step("Strip");
            strip.addProperty("content", " ");
            strip.addProperty("start", 1);
            strip.addProperty("stop", 0);
            decoders.add(strip);
        }
        json.add("decoder", Steps.sequence("decoders", decoders));
        pairs(kind == TokenizerClass.LLAMA ? JsonNull.INSTANCE : new JsonPrimitive(named("unk_token", "<unk>")), true);
        model.add("continuing_subword_prefix", JsonNull.INSTANCE);
        model.add("end_of_word_suffix", JsonNull.INSTANCE);
        return true;
    }

    private boolean byteLevel(TokenizerClass kind) {
        final boolean qwen = kind == TokenizerClass.QWEN2;
        final JsonObject bytes = Steps.bytes(says("add_prefix_space", true), !qwen);
        json.add("normalizer", qwen ? Steps.step("NFC") : JsonNull.INSTANCE);
        json.add(
                "pre_tokenizer",
                qwen ? Steps.preTokenizers(Optional.of(Steps.split("Regex", QWEN_SPLITS, "Isolated")), bytes) : bytes);
        json.add("decoder", Steps.bytes(true, true));
        pairs(JsonNull.INSTANCE, false);
        model.addProperty("continuing_subword_prefix", "");
        model.addProperty("end_of_word_suffix", "");
        return true;
    }

    private void pairs(JsonElement unknown, boolean withBytes) {
        model.add("dropout", JsonNull.INSTANCE);
        model.add("unk_token", unknown);
        model.addProperty("fuse_unk", withBytes);
        model.addProperty("byte_fallback", withBytes);
        model.addProperty("ignore_merges", false);
    }

    private boolean says(String key, boolean what) {
        return config.get(key) instanceof JsonPrimitive flag && flag.isBoolean() && flag.getAsBoolean() == what;
    }

    private String named(String key, String usual) {
        return files.named(key).orElse(usual);
    }

    private OptionalInt idOf(String token) {
        return AddedTokens.idOf(json, token);
    }
}
