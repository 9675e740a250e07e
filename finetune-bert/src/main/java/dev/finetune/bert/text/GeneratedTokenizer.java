package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.FinetuneException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes the definition (tokenizer.json) that Transformers would make of a bare vocabulary: its BertTokenizer for
 * vocab.txt, its RobertaTokenizer for vocab.json and merges.txt.
 */
final class GeneratedTokenizer {
    private final TokenizerFiles files;
    private final JsonObject config;
    private final JsonObject vocab;

    /** Added tokens by id, in the order in which the native library wants them. */
    private final TreeMap<Integer, JsonObject> added = new TreeMap<>();

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
            vocab.addProperty(lines.get(id), id);
        }
        return new GeneratedTokenizer(files, vocab).wordPiece();
    }

    /** Byte-level BPE with RoBERTa's special tokens. */
    static JsonObject byteLevel(TokenizerFiles files) {
        return new GeneratedTokenizer(files, files.json(TokenizerFiles.VOCAB_JSON)).byteLevel();
    }

    private JsonObject wordPiece() {
        String unk = name("unk_token", "[UNK]");
        String cls = name("cls_token", "[CLS]");
        String sep = name("sep_token", "[SEP]");
        List.of(name("pad_token", "[PAD]"), unk, cls, sep).forEach(token -> addSpecial(token, true, false));
        addSpecial(name("mask_token", "[MASK]"), false, false);
        addNeverSplit();
        addListed();

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
        return assemble(normalizer, typed("BertPreTokenizer"), bertTemplate(cls, sep), decoder, model);
    }

    private JsonObject bertTemplate(String cls, String sep) {
        JsonObject tokens = new JsonObject();
        for (String token : List.of(cls, sep)) {
            JsonObject entry = new JsonObject();
            entry.addProperty("id", token);
            entry.add("ids", array(vocab.get(token)));
            entry.add("tokens", array(new JsonPrimitive(token)));
            tokens.add(token, entry);
        }
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

    private JsonObject byteLevel() {
        String cls = name("cls_token", "<s>");
        String sep = name("sep_token", "</s>");
        for (String token : List.of(
                name("bos_token", "<s>"),
                cls,
                name("pad_token", "<pad>"),
                name("eos_token", "</s>"),
                sep,
                name("unk_token", "<unk>"))) {
            addSpecial(token, true, false);
        }
        // The mask takes the space before it with it, as in the tokenizers that RoBERTa models are published with.
        addSpecial(name("mask_token", "<mask>"), false, true);
        addListed();

        boolean prefix = flag("add_prefix_space", false);
        boolean trim = flag("trim_offsets", true);
        JsonObject processor = typed("RobertaProcessing");
        processor.add("sep", array(new JsonPrimitive(sep), vocab.get(sep)));
        processor.add("cls", array(new JsonPrimitive(cls), vocab.get(cls)));
        processor.addProperty("trim_offsets", trim);
        processor.addProperty("add_prefix_space", prefix);

        JsonObject model = typed("BPE");
        model.add("dropout", JsonNull.INSTANCE);
        model.add("unk_token", JsonNull.INSTANCE);
        model.addProperty("continuing_subword_prefix", "");
        model.addProperty("end_of_word_suffix", "");
        model.addProperty("fuse_unk", false);
        model.add("vocab", vocab);
        model.add("merges", merges());
        return assemble(JsonNull.INSTANCE, bytes(prefix), processor, bytes(true), model);
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

    private JsonObject assemble(
            JsonElement normalizer,
            JsonObject preTokenizer,
            JsonObject processor,
            JsonObject decoder,
            JsonObject model) {
        JsonArray tokens = new JsonArray();
        added.values().forEach(tokens::add);
        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("added_tokens", tokens);
        json.add("normalizer", normalizer);
        json.add("pre_tokenizer", preTokenizer);
        json.add("post_processor", processor);
        json.add("decoder", decoder);
        json.add("model", model);
        return json;
    }

    private String name(String key, String usual) {
        return files.settings().stream()
                .flatMap(settings -> SpecialTokens.nameIn(settings, key).stream())
                .findFirst()
                .orElse(usual);
    }

    private boolean flag(String key, boolean usual) {
        boolean said = config.get(key) instanceof JsonPrimitive value && value.isBoolean();
        return said ? config.get(key).getAsBoolean() : usual;
    }

    private void addSpecial(String token, boolean needed, boolean takesSpace) {
        JsonElement id = vocab.get(token);
        if (id != null) {
            JsonObject entry = entry(id.getAsInt(), token);
            entry.addProperty("lstrip", takesSpace);
            entry.addProperty("special", true);
            added.put(id.getAsInt(), entry);
        } else if (needed) {
            String file = files.has(TokenizerFiles.VOCAB_TXT) ? TokenizerFiles.VOCAB_TXT : TokenizerFiles.VOCAB_JSON;
            throw new FinetuneException(files.path(file) + " has no token \"" + token
                    + "\", which every text needs. Name the right one in " + TokenizerFiles.CONFIG
                    + " (cls_token, sep_token, pad_token, unk_token).");
        }
    }

    private void addNeverSplit() {
        if (config.get("never_split") instanceof JsonArray words) {
            for (JsonElement word : words) {
                JsonElement id = vocab.get(word.getAsString());
                if (id != null && !added.containsKey(id.getAsInt())) {
                    JsonObject entry = entry(id.getAsInt(), word.getAsString());
                    entry.addProperty("single_word", true);
                    added.put(id.getAsInt(), entry);
                }
            }
        }
    }

    // Tokens that a user added, as older (added_tokens.json) and newer (added_tokens_decoder) settings list them.
    private void addListed() {
        for (Map.Entry<String, JsonElement> entry :
                files.json(TokenizerFiles.ADDED).entrySet()) {
            int id = entry.getValue().getAsInt();
            JsonObject token = entry(id, entry.getKey());
            token.addProperty("normalized", true);
            added.putIfAbsent(id, token);
        }
        if (config.get("added_tokens_decoder") instanceof JsonObject decoder) {
            for (Map.Entry<String, JsonElement> entry : decoder.entrySet()) {
                int id = Integer.parseInt(entry.getKey());
                JsonObject settings = entry.getValue().getAsJsonObject();
                JsonObject token = entry(id, settings.get("content").getAsString());
                settings.entrySet().stream()
                        .filter(setting -> token.has(setting.getKey()))
                        .forEach(setting -> token.add(setting.getKey(), setting.getValue()));
                added.put(id, token);
            }
        }
    }

    private static JsonObject entry(int id, String content) {
        JsonObject token = new JsonObject();
        token.addProperty("id", id);
        token.addProperty("content", content);
        for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
            token.addProperty(flag, false);
        }
        return token;
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
