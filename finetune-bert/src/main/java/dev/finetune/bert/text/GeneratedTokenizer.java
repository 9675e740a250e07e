package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes the definition (tokenizer.json) that Transformers would make of a bare vocabulary: its BertTokenizer for
 * vocab.txt, its RobertaTokenizer for vocab.json and merges.txt.
 */
final class GeneratedTokenizer {
    private final TokenizerFiles files;
    private final JsonObject config;
    private final JsonObject vocab;

    /** The special tokens that the vocabulary has or the settings name, by their key. */
    private final Map<String, JsonObject> special = new HashMap<>();

    private GeneratedTokenizer(TokenizerFiles files, JsonObject vocab) {
        this.files = files;
        this.config = files.json(TokenizerFiles.CONFIG);
        this.vocab = vocab;
    }

    /** WordPiece with BERT's normalizer; do_lower_case (true), strip_accents (null) and so on as the settings say. */
    static JsonObject wordPiece(TokenizerFiles files) {
        JsonObject vocab = new JsonObject();
        List<String> lines = files.lines(TokenizerFiles.VOCAB_TXT);
        for (int id = 0; id < lines.size(); id++) {
            vocab.addProperty(withoutBlanksBehind(lines.get(id)), id);
        }
        return new GeneratedTokenizer(files, vocab).wordPiece();
    }

    /** As the tokenizers library reads a line. */
    private static String withoutBlanksBehind(String line) {
        int end = line.length();
        while (end > 0
                && (Character.isWhitespace(line.charAt(end - 1)) || Character.isSpaceChar(line.charAt(end - 1)))) {
            end--;
        }
        return line.substring(0, end);
    }

    /** Byte-level BPE with RoBERTa's special tokens. */
    static JsonObject byteLevel(TokenizerFiles files) {
        return new GeneratedTokenizer(files, files.json(TokenizerFiles.VOCAB_JSON)).byteLevel();
    }

    private JsonObject wordPiece() {
        special("pad_token", "[PAD]", true, false);
        String unk = special("unk_token", "[UNK]", true, false);
        String cls = special("cls_token", "[CLS]", true, false);
        String sep = special("sep_token", "[SEP]", true, false);
        special("mask_token", "[MASK]", false, false);

        JsonObject normalizer = typed("BertNormalizer");
        normalizer.addProperty("clean_text", true);
        normalizer.addProperty("handle_chinese_chars", flag("tokenize_chinese_chars", true));
        JsonElement strip = config.get("strip_accents");
        normalizer.add(
                "strip_accents",
                strip instanceof JsonPrimitive primitive && primitive.isBoolean() ? primitive : JsonNull.INSTANCE);
        normalizer.addProperty("lowercase", flag("do_lower_case", true));

        JsonObject model = typed("WordPiece");
        model.addProperty("unk_token", unk);
        model.addProperty("continuing_subword_prefix", "##");
        model.addProperty("max_input_chars_per_word", 100);
        model.add("vocab", vocab);

        JsonObject decoder = typed("WordPiece");
        decoder.addProperty("prefix", "##");
        decoder.addProperty("cleanup", true);
        JsonObject json = assemble(normalizer, typed("BertPreTokenizer"), decoder, model);
        json.add("post_processor", bertTemplate(id(json, cls), id(json, sep), cls, sep));
        return json;
    }

    private static JsonObject bertTemplate(JsonElement clsId, JsonElement sepId, String cls, String sep) {
        JsonObject tokens = new JsonObject();
        tokens.add(cls, special(cls, clsId));
        tokens.add(sep, special(sep, sepId));
        JsonObject template = typed("TemplateProcessing");
        template.add(
                "single",
                array(piece("SpecialToken", cls, 0), piece("Sequence", "A", 0), piece("SpecialToken", sep, 0)));
        template.add(
                "pair",
                array(
                        piece("SpecialToken", cls, 0),
                        piece("Sequence", "A", 0),
                        piece("SpecialToken", sep, 0),
                        piece("Sequence", "B", 1),
                        piece("SpecialToken", sep, 1)));
        template.add("special_tokens", tokens);
        return template;
    }

    private static JsonObject special(String token, JsonElement id) {
        JsonObject entry = new JsonObject();
        entry.addProperty("id", token);
        entry.add("ids", array(id));
        entry.add("tokens", array(new JsonPrimitive(token)));
        return entry;
    }

    private JsonObject byteLevel() {
        special("bos_token", "<s>", true, false);
        String cls = special("cls_token", "<s>", true, false);
        special("pad_token", "<pad>", true, false);
        special("eos_token", "</s>", true, false);
        String sep = special("sep_token", "</s>", true, false);
        special("unk_token", "<unk>", true, false);
        // The mask takes the space before it with it, as in the tokenizers that RoBERTa models are published with.
        special("mask_token", "<mask>", false, true);

        boolean prefix = flag("add_prefix_space", false);
        boolean trim = flag("trim_offsets", true);
        JsonObject model = typed("BPE");
        model.add("dropout", JsonNull.INSTANCE);
        model.add("unk_token", JsonNull.INSTANCE);
        model.addProperty("continuing_subword_prefix", "");
        model.addProperty("end_of_word_suffix", "");
        model.addProperty("fuse_unk", false);
        model.add("vocab", vocab);
        model.add("merges", merges());
        JsonObject json = assemble(JsonNull.INSTANCE, bytes(prefix), bytes(true), model);

        JsonObject processor = typed("RobertaProcessing");
        processor.add("sep", array(new JsonPrimitive(sep), id(json, sep)));
        processor.add("cls", array(new JsonPrimitive(cls), id(json, cls)));
        processor.addProperty("trim_offsets", trim);
        processor.addProperty("add_prefix_space", prefix);
        json.add("post_processor", processor);
        return json;
    }

    private static JsonObject bytes(boolean prefix) {
        JsonObject step = typed("ByteLevel");
        step.addProperty("add_prefix_space", prefix);
        step.addProperty("trim_offsets", true);
        step.addProperty("use_regex", true);
        return step;
    }

    private JsonArray merges() {
        JsonArray merges = new JsonArray();
        List<String> lines = files.lines(TokenizerFiles.MERGES);
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.isEmpty() || (i == 0 && line.startsWith("#version"))) {
                continue;
            }
            String[] parts = line.split(" ", -1);
            if (parts.length != 2) {
                throw new FinetuneException(files.path(TokenizerFiles.MERGES) + " line " + (i + 1) + " is \"" + line
                        + "\"; expected two tokens with one space between them.");
            }
            merges.add(array(new JsonPrimitive(parts[0]), new JsonPrimitive(parts[1])));
        }
        return merges;
    }

    /** Without the special tokens around a text, whose ids are known afterwards only. */
    private JsonObject assemble(JsonElement normalizer, JsonObject preTokenizer, JsonObject decoder, JsonObject model) {
        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("added_tokens", neverSplit());
        json.add("normalizer", normalizer);
        json.add("pre_tokenizer", preTokenizer);
        json.add("decoder", decoder);
        json.add("model", model);
        AddedTokens.complete(json, files, true, special);
        return json;
    }

    private JsonElement id(JsonObject json, String token) {
        return json.getAsJsonArray("added_tokens").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .filter(entry -> entry.get("content").getAsString().equals(token))
                .map(entry -> entry.get("id"))
                .findFirst()
                .orElseThrow();
    }

    private Optional<JsonElement> said(String key) {
        return files.settings().stream()
                .filter(settings -> SpecialTokens.nameIn(settings, key).isPresent())
                .map(settings -> settings.get(key))
                .findFirst();
    }

    /** The special token of a kind, which is added where the vocabulary has it, or the settings name it. */
    private String special(String key, String usual, boolean needed, boolean takesSpace) {
        Optional<JsonElement> said = said(key);
        JsonObject token = AddedTokens.entry(said.orElse(new JsonPrimitive(usual)), true);
        String content = token.get("content").getAsString();
        boolean isText = said.map(JsonElement::isJsonPrimitive).orElse(true);
        if (isText) {
            token.addProperty("lstrip", takesSpace);
        }
        if (vocab.has(content) || said.isPresent() && !key.equals("unk_token")) {
            special.put(key, token);
        } else if (needed) {
            String file = files.has(TokenizerFiles.VOCAB_TXT) ? TokenizerFiles.VOCAB_TXT : TokenizerFiles.VOCAB_JSON;
            throw new FinetuneException(files.path(file) + " has no token \"" + content
                    + "\", which every text needs. Name the right one in " + TokenizerFiles.CONFIG
                    + " (cls_token, sep_token, pad_token, unk_token).");
        }
        return content;
    }

    private boolean flag(String key, boolean usual) {
        boolean said = config.get(key) instanceof JsonPrimitive value && value.isBoolean();
        return said ? config.get(key).getAsBoolean() : usual;
    }

    private JsonArray neverSplit() {
        JsonArray added = new JsonArray();
        if (config.get("never_split") instanceof JsonArray words) {
            for (JsonElement word : words) {
                if (vocab.has(word.getAsString())) {
                    JsonObject token = AddedTokens.entry(word, false);
                    token.addProperty("normalized", false);
                    token.addProperty("single_word", true);
                    added.add(token);
                }
            }
        }
        return added;
    }

    private static JsonObject typed(String type) {
        JsonObject object = new JsonObject();
        object.addProperty("type", type);
        return object;
    }

    private static JsonObject piece(String kind, String id, int type) {
        JsonObject content = new JsonObject();
        content.addProperty("id", id);
        content.addProperty("type_id", type);
        JsonObject piece = new JsonObject();
        piece.add(kind, content);
        return piece;
    }

    private static JsonArray array(JsonElement... elements) {
        JsonArray array = new JsonArray();
        for (JsonElement element : elements) {
            array.add(element);
        }
        return array;
    }
}
