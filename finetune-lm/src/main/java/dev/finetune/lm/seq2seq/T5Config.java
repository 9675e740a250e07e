package dev.finetune.lm.seq2seq;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;
import dev.finetune.nn.RelativeBuckets;
import dev.finetune.spi.ModelConfig;

/**
 * Everything in a config.json that changes what a T5 computes.
 *
 * @param tokens what is read and written
 * @param hidden width of the layers
 * @param headSize width of an attention head
 * @param heads attention heads a layer
 * @param intermediate width of the feed-forward part
 * @param encoderLayers how many
 * @param decoderLayers how many
 * @param buckets how many distances are told apart
 * @param farthest the distance from which on they aren't
 * @param gated whether the feed-forward part is gated (v1.1)
 * @param activation of the feed-forward part
 * @param dropout probability everywhere
 * @param normEps epsilon of the norms
 * @param factor of the standard deviations of newly initialised weights
 * @param scalesOutput whether the decoder's output is multiplied by hidden^-0.5 before it becomes words (v1.0)
 */
record T5Config(
        TokenSettings tokens,
        int hidden,
        int headSize,
        int heads,
        int intermediate,
        int encoderLayers,
        int decoderLayers,
        int buckets,
        int farthest,
        boolean gated,
        Activation activation,
        double dropout,
        double normEps,
        double factor,
        boolean scalesOutput) {
    T5Config {
        if (!(dropout >= 0 && dropout < 1)) {
            throw new FinetuneException(
                    "config.json: dropout_rate must be at least 0 and below 1, not " + dropout + ".");
        }
        distances(true, buckets, farthest);
        distances(false, buckets, farthest);
    }

    /** What a config.json describes; {@code dropout} replaces its own, unless it is NaN. */
    static T5Config of(ModelConfig config, double dropout) {
        config.refuseUnless("is_encoder_decoder", "true");
        config.refuseUnless("is_decoder", "false");
        if (!config.has("decoder_start_token_id")) {
            throw new FinetuneException(
                    config.file() + ": \"decoder_start_token_id\", the token that the decoder begins"
                            + " with, is not there: add it; for T5 it usually is the padding token, 0.");
        }
        final String forward = config.string("feed_forward_proj", "relu");
        final boolean gated = forward.startsWith("gated-");
        // The original gated models are called so, and compute gelu by tanh.
        final Activation activation = activation(
                config,
                forward,
                forward.equals("gated-gelu") ? "gelu_new" : forward.substring(gated ? "gated-".length() : 0));
        config.refuseUnless("dense_act_fn", activation.configName());
        config.refuseUnless("is_gated_act", Boolean.toString(gated));
        final int layers = config.size("num_layers", 6);
        config.refuseAlias("num_hidden_layers", "num_layers", layers);
        config.refuseAlias("num_attention_heads", "num_heads", config.size("num_heads", 8));
        config.refuseAlias("hidden_size", "d_model", config.size("d_model", 512));
        config.refuseAlias("head_dim", "d_kv", config.size("d_kv", 64));
        return new T5Config(
                new TokenSettings(
                        config.size("vocab_size", 32_128),
                        config.integer("pad_token_id", 0),
                        config.integer("decoder_start_token_id", 0),
                        Integer.MAX_VALUE),
                config.size("d_model", 512),
                config.size("d_kv", 64),
                config.size("num_heads", 8),
                config.size("d_ff", 2048),
                layers,
                config.size("num_decoder_layers", layers),
                config.size("relative_attention_num_buckets", 32),
                config.size("relative_attention_max_distance", 128),
                gated,
                activation,
                Double.isNaN(dropout) ? config.number("dropout_rate", 0.1) : dropout,
                config.number("layer_norm_epsilon", 1e-6),
                config.number("initializer_factor", 1),
                config.bool("scale_decoder_outputs", config.bool("tie_word_embeddings", true)));
    }

    private static Activation activation(ModelConfig config, String forward, String name) {
        try {
            return Activation.named(name);
        } catch (FinetuneException e) {
            throw new FinetuneException(
                    config.file() + ": \"feed_forward_proj\": \"" + forward + "\": " + e.getMessage(), e);
        }
    }

    /** How the distances of a side's positions are told apart. */
    RelativeBuckets distances(boolean decoder) {
        return distances(!decoder, buckets, farthest);
    }

    private static RelativeBuckets distances(boolean bothSides, int buckets, int farthest) {
        try {
            return new RelativeBuckets(bothSides, buckets, farthest);
        } catch (FinetuneException e) {
            throw new FinetuneException(
                    "config.json: relative_attention_num_buckets, relative_attention_max_distance: " + e.getMessage(),
                    e);
        }
    }

    /** Width of all heads together. */
    int inner() {
        return heads * headSize;
    }

    /** How new weights start that add up so many numbers. */
    Init init(double inputs) {
        return Init.normal(factor / Math.sqrt(inputs));
    }
}
