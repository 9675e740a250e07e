package dev.finetune.bert.text;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.bert.text.SentencePieceModel.Piece;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonNumbers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Makes of a model of SentencePiece, where that is all there is, the definition that the classes of Transformers 5.18 make of it: its
 * pieces as they number them, what they find before a text is split, and what they put around it.
 */
final class SentencePieceTokenizer {
    private static final int EXTRA_IDS = 100;
    private static final int MOST_EXTRA_IDS = 10_000;

    /** The sum of the squares of pieces' lengths: of a quarter of a million pieces of 16 characters. */
    private static final long MOST_WORK = 1L << 26;

    private final TokenizerFiles files;
    private final TokenizerClass kind;
    private final SentencePieceModel model;
    private final JsonArray added = new JsonArray();

    private SentencePieceTokenizer(TokenizerFiles files, TokenizerClass kind, SentencePieceModel model) {
        this.files = files;
        this.kind = kind;
        this.model = model;
    }

    /** The name of the file in which a class looks for its pieces. */
    static Optional<String> file(TokenizerClass kind) {
        return switch (kind) {
            case DEBERTA -> Optional.of("spm.model");
            case ALBERT, T5 -> Optional.of("spiece.model");
            case XLM_ROBERTA, CAMEMBERT -> Optional.of("sentencepiece.bpe.model");
            case LLAMA -> Optional.of("tokenizer.model");
            default -> Optional.empty();
        };
    }

    /**
     * Makes the definition.
     *
     * @param name of the file, which is there
     * @throws FinetuneException if the file is damaged, or not of the kind that the class reads
     */
    static JsonObject of(TokenizerFiles files, TokenizerClass kind, String name) {
        final SentencePieceModel model = SentencePieceModel.of(files.path(name), files.bytes(name));
        if (model.isUnigram() == (kind == TokenizerClass.LLAMA)) {
            throw new FinetuneException(files.path(name) + " is a model of SentencePiece "
                    + (model.isUnigram() ? "by probabilities (Unigram)" : "by merges (BPE)")
                    + ", which the model's tokenizer (" + kind.ownName().orElse("LlamaTokenizer")
                    + ") doesn't read: they don't belong together.");
        }
        return new SentencePieceTokenizer(files, kind, model).definition();
    }

    private JsonObject definition() {
        final JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("added_tokens", added);
        json.add("normalizer", model.charsmap().length == 0 ? JsonNull.INSTANCE : charsmap());
        json.add("pre_tokenizer", Steps.metaspace("always", true));
        json.add("model", model.isUnigram() ? unigram() : pairs());
        if (!ClassSteps.putInto(json, files, kind)) {
            throw new IllegalStateException(kind + " has no steps for what was made for it");
        }
        if (kind == TokenizerClass.DEBERTA && !hasUnknown(json)) {
            json.getAsJsonObject("model").addProperty("unk_id", model.unknownId());
        }
        AddedTokens.complete(json, files, true, usual());
        surround(json);
        ClassSteps.surround(json, files, kind);
        ClassSteps.begunAndEnded(json, files, kind);
        return json;
    }

    /** Whether there is a piece for what is unknown, of score 0. */
    private boolean hasUnknown(JsonObject json) {
        final JsonArray unknown = new JsonArray();
        unknown.add(named("unk_token"));
        unknown.add(0.0);
        return json.getAsJsonObject("model").getAsJsonArray("vocab").contains(unknown);
    }

    private JsonObject charsmap() {
        final JsonObject step = Steps.step("Precompiled");
        step.addProperty("precompiled_charsmap", Base64.getEncoder().encodeToString(model.charsmap()));
        return step;
    }

    private JsonObject unigram() {
        final JsonArray vocabulary = new JsonArray();
        final List<Piece> pieces = model.pieces();
        switch (kind) {
            case XLM_ROBERTA -> {
                List.of("bos_token", "pad_token", "eos_token", "unk_token")
                        .forEach(key -> add(vocabulary, named(key), 0));
                pieces.stream().skip(3).forEach(piece -> add(vocabulary, piece.text(), piece.score()));
                add(vocabulary, named("mask_token"), 0);
            }
            case CAMEMBERT -> {
                add(vocabulary, "<s>NOTUSED", 0);
                add(vocabulary, named("pad_token"), 0);
                add(vocabulary, "</s>NOTUSED", 0);
                add(vocabulary, named("unk_token"), 0);
                add(vocabulary, "<unk>NOTUSED", -100);
                pieces.stream().skip(1).forEach(piece -> add(vocabulary, piece.text(), piece.score()));
                add(vocabulary, named("mask_token"), 0);
            }
            default -> pieces.forEach(piece -> add(vocabulary, piece.text(), piece.score()));
        }
        final Map<String, Integer> ids = new HashMap<>();
        for (int id = 0; id < vocabulary.size(); id++) {
            ids.putIfAbsent(vocabulary.get(id).getAsJsonArray().get(0).getAsString(), id);
        }
        for (Piece piece : pieces) {
            final Integer id = ids.get(piece.text());
            if (piece.isFoundFirst() && id != null) {
                found(piece.text(), id, piece.isControl());
            }
        }
        if (kind == TokenizerClass.T5) {
            for (int extra = extraIds() - 1; extra >= 0; extra--) {
                final String text = "<extra_id_" + extra + ">";
                add(vocabulary, text, 0);
                found(text, vocabulary.size() - 1, true);
            }
        }
        final JsonObject unigram = Steps.step("Unigram");
        unigram.add("vocab", vocabulary);
        return unigram;
    }

    private int extraIds() {
        final int said = JsonNumbers.whole(files.json(TokenizerFiles.CONFIG).get("extra_ids"))
                .orElse(EXTRA_IDS);
        if (said < 0 || said > MOST_EXTRA_IDS) {
            throw new FinetuneException(files.path(TokenizerFiles.CONFIG) + ": \"extra_ids\" is " + said
                    + ", expected a number from 0 to " + MOST_EXTRA_IDS + ".");
        }
        return said;
    }

    private static void add(JsonArray vocabulary, String text, double score) {
        final JsonArray piece = new JsonArray();
        piece.add(text);
        piece.add(score);
        vocabulary.add(piece);
    }

    /** Nothing is where the settings list tokens: they stand in the place of the file's. */
    private void found(String text, int id, boolean special) {
        final JsonObject config = files.json(TokenizerFiles.CONFIG);
        if (config.has("additional_special_tokens") || config.has("extra_special_tokens")) {
            return;
        }
        final JsonObject token = AddedTokens.entry(new JsonPrimitive(text), special);
        token.addProperty("id", id);
        token.addProperty("normalized", false);
        added.add(token);
    }

    /** Pieces that are merged of two others, in the order of their ids; of several ways the shorter first piece goes first. */
    private JsonObject pairs() {
        final Map<String, Integer> ids = new LinkedHashMap<>();
        final JsonObject vocabulary = new JsonObject();
        for (int id = 0; id < model.pieces().size(); id++) {
            final Piece piece = model.pieces().get(id);
            ids.put(piece.text(), id);
            vocabulary.addProperty(piece.text(), id);
            if (piece.isFoundFirst()) {
                found(piece.text(), id, piece.isControl());
            }
        }
        final JsonArray merges = new JsonArray();
        long work = 0;
        for (String whole : ids.keySet()) {
            work += (long) whole.length() * whole.length();
            if (work > MOST_WORK) {
                throw new FinetuneException("The pieces of " + files.directory() + "/"
                        + file(kind).orElseThrow()
                        + " are longer than those of any model of merges. Copy it again from the"
                        + " model's source.");
            }
            final List<String[]> ways = new ArrayList<>();
            for (int cut = whole.offsetByCodePoints(0, Math.min(1, whole.length()));
                    cut < whole.length();
                    cut = whole.offsetByCodePoints(cut, 1)) {
                final String left = whole.substring(0, cut);
                final String right = whole.substring(cut);
                if (ids.containsKey(left) && ids.containsKey(right)) {
                    ways.add(new String[] {left, right});
                }
            }
            ways.sort(Comparator.comparingInt(way -> way[0].codePointCount(0, way[0].length())));
            ways.forEach(way -> {
                final JsonArray merge = new JsonArray();
                merge.add(way[0]);
                merge.add(way[1]);
                merges.add(merge);
            });
        }
        final JsonObject pairs = Steps.step("BPE");
        pairs.add("vocab", vocabulary);
        pairs.add("merges", merges);
        return pairs;
    }

    /** The special tokens that a class has unless the settings name others, by their key. */
    private Map<String, String> names() {
        final Map<String, String> names = new LinkedHashMap<>();
        kind.beginning().ifPresent(token -> names.put("bos_token", token));
        kind.ending().ifPresent(token -> names.put("eos_token", token));
        switch (kind) {
            case DEBERTA, ALBERT -> {
                names.put("unk_token", kind == TokenizerClass.ALBERT ? "<unk>" : "[UNK]");
                names.put("sep_token", "[SEP]");
                names.put("pad_token", kind == TokenizerClass.ALBERT ? "<pad>" : "[PAD]");
                names.put("cls_token", "[CLS]");
                names.put("mask_token", "[MASK]");
            }
            case XLM_ROBERTA, CAMEMBERT -> {
                names.put("unk_token", "<unk>");
                names.put("sep_token", "</s>");
                names.put("pad_token", "<pad>");
                names.put("cls_token", "<s>");
                names.put("mask_token", "<mask>");
            }
            case T5 -> {
                names.put("unk_token", "<unk>");
                names.put("pad_token", "<pad>");
            }
            default -> {
                names.put("unk_token", "<unk>");
            }
        }
        return names;
    }

    private String named(String key) {
        return files.named(key).orElseGet(() -> names().get(key));
    }

    private Map<String, JsonObject> usual() {
        final Map<String, JsonObject> usual = new HashMap<>();
        names().forEach((key, text) -> {
            if (files.named(key).isEmpty()) {
                final JsonObject token = AddedTokens.entry(new JsonPrimitive(text), true);
                token.addProperty("lstrip", kind == TokenizerClass.CAMEMBERT && key.equals("mask_token"));
                usual.put(key, token);
            }
        });
        return usual;
    }

    private void surround(JsonObject json) {
        final boolean typed = kind == TokenizerClass.DEBERTA || kind == TokenizerClass.ALBERT;
        if (!typed && kind != TokenizerClass.XLM_ROBERTA && kind != TokenizerClass.CAMEMBERT) {
            return;
        }
        final String opening = named(typed ? "cls_token" : "bos_token");
        final String closing = named(typed ? "sep_token" : "eos_token");
        final String pair = typed ? "%1$s $A %2$s $B:1 %2$s:1" : "%1$s $A %2$s %2$s $B %2$s";
        json.add(
                "post_processor",
                Steps.template(
                        opening + " $A " + closing,
                        String.format(Locale.ROOT, pair, opening, closing),
                        Steps.special(opening, id(json, opening)),
                        Steps.special(closing, id(json, closing))));
    }

    private static int id(JsonObject json, String token) {
        return AddedTokens.idOf(json, token)
                .orElseThrow(() -> new FinetuneException("The tokenizer has no token \"" + token
                        + "\", which every text needs: name the right one in " + TokenizerFiles.CONFIG + "."));
    }
}
