package dev.finetune.lm.seq2seq;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;
import dev.finetune.spi.ModelConfig;

/**
 * Everything in a config.json that changes what a BART computes.
 *
 * @param tokens what is read and written
 * @param hidden width of the layers
 * @param encoder its layers
 * @param decoder its layers
 * @param activation of the feed-forward part
 * @param dropout probability on embeddings and on what attention and the feed-forward part give
 * @param attentionDropout probability on attention weights
 * @param activationDropout probability within the feed-forward part
 * @param initRange standard deviation of newly initialised weights
 * @param scalesWords whether the words' embeddings are multiplied by hidden^0.5
 */
record BartConfig(
        TokenSettings tokens,
        int hidden,
        Layers encoder,
        Layers decoder,
        Activation activation,
        double dropout,
        double attentionDropout,
        double activationDropout,
        double initRange,
        boolean scalesWords) {
    /**
     * The layers of a side.
     *
     * @param count how many
     * @param heads attention heads a layer
     * @param intermediate width of the feed-forward part
     */
    record Layers(int count, int heads, int intermediate) {
        private static Layers of(Side side, ModelConfig config) {
            final String key = side.prefix() + "_";
            return new Layers(
                    config.size(key + "layers", 12),
                    config.size(key + "attention_heads", 16),
                    config.size(key + "ffn_dim", 4096));
        }
    }

    BartConfig {
        for (int heads : new int[] {encoder.heads, decoder.heads}) {
            if (hidden % heads != 0) {
                throw new FinetuneException("config.json: d_model, " + hidden + ", is not a multiple of the " + heads
                        + " attention heads.");
            }
        }
        for (double probability : new double[] {dropout, attentionDropout, activationDropout}) {
            if (!(probability >= 0 && probability < 1)) {
                throw new FinetuneException(
                        "config.json: a dropout probability must be at least 0 and below 1, not " + probability + ".");
            }
        }
    }

    /** What a config.json describes; {@code dropout} replaces its own, unless it is NaN. */
    static BartConfig of(ModelConfig config, double dropout) {
        config.refuseUnless("is_encoder_decoder", "true");
        config.refuseUnless("is_decoder", "false");
        config.refuseUnless("tie_word_embeddings", "true");
        // Of networks that were told by the same model_type.
        config.refuseUnless("normalize_before", "false");
        config.refuseUnless("normalize_embedding", "true");
        config.refuseUnless("add_final_layer_norm", "false");
        config.refuseUnless("static_position_embeddings", "false");
        config.refuseAlias("num_hidden_layers", "encoder_layers", config.size("encoder_layers", 12));
        config.refuseAlias(
                "num_attention_heads", "encoder_attention_heads", config.size("encoder_attention_heads", 16));
        config.refuseAlias("hidden_size", "d_model", config.size("d_model", 1024));
        refuseLayerDrop(config, "encoder_layerdrop");
        refuseLayerDrop(config, "decoder_layerdrop");
        return new BartConfig(
                new TokenSettings(
                        config.size("vocab_size", 50_265),
                        config.integer("pad_token_id", 1),
                        config.integer("decoder_start_token_id", 2),
                        config.size("max_position_embeddings", 1024)),
                config.size("d_model", 1024),
                Layers.of(Side.ENCODER, config),
                Layers.of(Side.DECODER, config),
                config.activation("activation_function", "gelu"),
                dropout(config, "dropout", 0.1, dropout),
                dropout(config, "attention_dropout", 0, dropout),
                dropout(config, "activation_dropout", 0, dropout),
                config.number("init_std", 0.02),
                config.bool("scale_embedding", false));
    }

    private static double dropout(ModelConfig config, String key, double otherwise, double instead) {
        return Double.isNaN(instead) ? config.number(key, otherwise) : instead;
    }

    private static void refuseLayerDrop(ModelConfig config, String key) {
        if (config.number(key, 0) != 0) {
            throw new FinetuneException(config.file() + ": \"" + key + "\": " + config.number(key, 0)
                    + " is not supported (only 0 is): whole layers aren't left out at random.");
        }
    }

    /** The layers of a side. */
    Layers layers(Side side) {
        return side == Side.ENCODER ? encoder : decoder;
    }

    /** How new weights start. */
    Init init() {
        return Init.normal(initRange);
    }
}
