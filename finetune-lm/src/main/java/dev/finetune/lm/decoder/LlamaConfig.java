package dev.finetune.lm.decoder;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What config.json says of Llama and its kin.
 *
 * @param queryBias whether queries, keys and values have biases
 * @param outputBias whether attention's output has one
 * @param headNorms whether queries and keys are normed, head by head
 * @param windows of each layer how many tokens one sees, itself included; 0 for all
 */
record LlamaConfig(
        int vocabulary,
        int width,
        int inner,
        int layers,
        int heads,
        int keyHeads,
        int headSize,
        Activation activation,
        int positions,
        double normEps,
        double attentionDropout,
        double initRange,
        boolean queryBias,
        boolean outputBias,
        boolean innerBias,
        boolean headNorms,
        boolean tied,
        int paddingId,
        List<Integer> windows,
        RotaryPositions rotary) {

    /**
     * What differs between the kin where config.json says nothing.
     *
     * @param inner width of the feed-forward blocks
     * @param positions the most tokens
     * @param keyHeads 0 for as many as heads
     * @param headSize 0 for the width cut into heads
     */
    record Defaults(int vocabulary, int inner, int positions, int keyHeads, int headSize) {}

    /**
     * Which biases and norms a family has.
     *
     * @param queryBias of queries, keys and values; null where config.json says it (attention_bias)
     * @param innerBias whether config.json says it (mlp_bias), or there is none
     * @param headNorms of queries and keys
     */
    record Parts(@Nullable Boolean queryBias, boolean innerBias, boolean headNorms) {}

    /** How a family's layers look back. */
    interface Windows {
        /** {@return how many tokens each layer's tokens see, 0 for all} */
        List<Integer> of(ModelConfig config, int layers);
    }

    static LlamaConfig read(ModelConfig config, Defaults defaults, Parts parts, Windows windows, double dropout) {
        final int width = config.size("hidden_size", 4096);
        final int heads = config.size("num_attention_heads", 32);
        final int layers = config.size("num_hidden_layers", 32);
        final boolean ofAllHeads = defaults.keyHeads == 0 || saysNone(config, "num_key_value_heads");
        final int keyHeads = config.size("num_key_value_heads", ofAllHeads ? heads : defaults.keyHeads);
        refuseUneven(config, heads, keyHeads);
        if (defaults.headSize == 0 && !config.has("head_dim") && width % heads != 0) {
            throw new FinetuneException(config.file() + ": hidden_size (" + width
                    + ") must be a multiple of num_attention_heads (" + heads + ").");
        }
        final int headSize = config.size("head_dim", defaults.headSize == 0 ? width / heads : defaults.headSize);
        final int positions = config.size("max_position_embeddings", defaults.positions);
        final boolean said = config.bool("attention_bias", false);
        final Boolean own = parts.queryBias;
        return new LlamaConfig(
                config.size("vocab_size", defaults.vocabulary),
                width,
                config.size("intermediate_size", defaults.inner),
                layers,
                heads,
                keyHeads,
                headSize,
                config.activation("hidden_act", "silu"),
                positions,
                config.number("rms_norm_eps", 1e-6),
                Double.isNaN(dropout) ? config.number("attention_dropout", 0) : dropout,
                config.number("initializer_range", 0.02),
                own == null ? said : own,
                own == null && said,
                parts.innerBias && config.bool("mlp_bias", false),
                parts.headNorms,
                config.bool("tie_word_embeddings", false),
                paddingRow(config, config.size("vocab_size", defaults.vocabulary), -1),
                windows.of(config, layers),
                RotaryPositions.read(config, headSize, positions));
    }

    /** Refuses heads of queries that don't share those of keys evenly. */
    static void refuseUneven(ModelConfig config, int heads, int keyHeads) {
        if (heads % keyHeads != 0) {
            throw new FinetuneException(config.file() + ": num_attention_heads (" + heads
                    + ") must be a multiple of num_key_value_heads (" + keyHeads + ").");
        }
    }

    /**
     * The token whose embedding learns nothing, -1 for none; a negative id counts from the end, as PyTorch's padding_idx does.
     *
     * @param otherwise where config.json doesn't speak of it
     */
    static int paddingRow(ModelConfig config, int vocabulary, int otherwise) {
        final int id = config.integer("pad_token_id", saysNone(config, "pad_token_id") ? -1 : otherwise);
        return config.has("pad_token_id") && id < 0 && id >= -vocabulary ? vocabulary + id : id;
    }

    /** Whether a key is there and null, which isn't what its absence is. */
    static boolean saysNone(ModelConfig config, String key) {
        return config.json().has(key) && !config.has(key);
    }

    /** All layers see all tokens. */
    static List<Integer> unlimited(ModelConfig config, int layers) {
        return java.util.Collections.nCopies(layers, 0);
    }

    /** All layers see the last "sliding_window" tokens, where it is said; the default where the key is absent. */
    static Windows sliding(int otherwise) {
        return (config, layers) -> java.util.Collections.nCopies(
                layers, saysNone(config, "sliding_window") ? 0 : config.size("sliding_window", otherwise));
    }

    /** "layer_types" says it layer by layer; else layers from "max_window_layers" on, where a window is used at all. */
    static List<Integer> byLayer(ModelConfig config, int layers) {
        final boolean used = config.bool("use_sliding_window", false) && !saysNone(config, "sliding_window");
        final int window = used ? config.size("sliding_window", 4096) : 0;
        final int from = config.integer("max_window_layers", 28);
        final List<String> types = config.strings("layer_types");
        if (!types.isEmpty() && types.size() != layers) {
            throw new FinetuneException(config.file() + ": \"layer_types\" names " + types.size()
                    + " layers, and there are " + layers + " (num_hidden_layers).");
        }
        final List<Integer> windows = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            if (types.isEmpty()) {
                windows.add(i >= from ? window : 0);
            } else if (types.get(i).equals("full_attention")) {
                windows.add(0);
            } else if (types.get(i).equals("sliding_attention") && used) {
                windows.add(window);
            } else {
                throw new FinetuneException(
                        config.file() + ": \"layer_types\": \"" + types.get(i) + "\" is not supported"
                                + (types.get(i).equals("sliding_attention")
                                        ? " without use_sliding_window and sliding_window."
                                        : "; known are full_attention and sliding_attention."));
            }
        }
        return windows;
    }

    Init init() {
        return Init.normal(initRange);
    }
}
