package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.examples.WrongUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Families of encoders as their base models are, in all that their config.json says otherwise than by default.
 *
 * @param type the {@code model_type} in config.json
 * @param vocabulary how many tokens there are
 * @param layers how many layers
 * @param intermediate width of the feed-forward part
 * @param padding the id of the padding token
 * @param more further keys
 */
record EncoderShape(String type, int vocabulary, int layers, int intermediate, int padding, JsonObject more) {
    private static final int BERT_VOCABULARY = 30_522;

    /** The base model of a family. */
    static EncoderShape of(String family) {
        final JsonObject more = new JsonObject();
        return switch (family) {
            case "bert" -> new EncoderShape(family, BERT_VOCABULARY, 12, 3072, 0, more);
            case "xlm-roberta" -> {
                more.addProperty("max_position_embeddings", 514);
                more.addProperty("type_vocab_size", 1);
                yield new EncoderShape(family, 250_002, 12, 3072, 1, more);
            }
            case "mpnet" -> {
                more.addProperty("max_position_embeddings", 514);
                yield new EncoderShape(family, 30_527, 12, 3072, 1, more);
            }
            case "albert" -> new EncoderShape(family, 30_000, 12, 3072, 0, more);
            case "modernbert" -> new EncoderShape(family, 50_368, 22, 1152, 0, more);
            case "deberta-v2" -> {
                more.addProperty("relative_attention", true);
                more.addProperty("pos_att_type", "p2c|c2p");
                more.addProperty("share_att_key", true);
                more.addProperty("norm_rel_ebd", "layer_norm");
                more.addProperty("position_buckets", 256);
                more.addProperty("position_biased_input", false);
                yield new EncoderShape(family, 128_100, 12, 3072, 0, more);
            }
            default ->
                throw new WrongUsage("--family " + family
                        + ": there are bert, xlm-roberta, mpnet, albert, modernbert, deberta-v2.");
        };
    }

    /** Writes config.json and a vocabulary, without weights, for so many layers of such a width. */
    void write(Path folder, int layers, int hidden, int heads) throws IOException {
        final JsonObject config = more.deepCopy();
        config.addProperty("model_type", type);
        config.addProperty("vocab_size", vocabulary);
        config.addProperty("hidden_size", hidden);
        config.addProperty("num_hidden_layers", layers);
        config.addProperty("num_attention_heads", heads);
        config.addProperty("intermediate_size", Math.toIntExact((long) intermediate * hidden / 768));
        config.addProperty("pad_token_id", padding);
        Files.writeString(folder.resolve("config.json"), new Gson().toJson(config));
        final List<String> tokens = new ArrayList<>(List.of("[UNK]", "[CLS]", "[SEP]", "[MASK]"));
        tokens.add(padding, "[PAD]");
        IntStream.range(tokens.size(), vocabulary).forEach(i -> tokens.add("token" + i));
        Files.write(folder.resolve("vocab.txt"), tokens);
    }
}
