package dev.finetune.bert;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * What a ModernBERT's config.json says beyond what encoders share, in the keys of Transformers 5 or of those before.
 *
 * @param sliding for each layer, whether a token attends to near ones only
 * @param window how far a near token is away at the most
 * @param fullBase the base of rotary positions in layers of full attention
 * @param slidingBase the same in layers of sliding attention
 * @param attentionBias whether the projections of attention have biases
 * @param mlpBias whether those of the feed-forward part do
 * @param normBias whether norms do
 * @param classifierBias whether the head's transform does
 * @param decoderBias whether the masked-language model's output does
 * @param mlpDropout probability within the feed-forward part
 * @param classifierActivation of the head's transform
 * @param narrowing by what the standard deviation of new weights is multiplied in layers whose outputs are added up
 * @param cutoff how many standard deviations new weights are away from 0 at the most
 * @param poolsMean whether a head of whole inputs reads the mean of all tokens, instead of the first one
 */
record ModernBertSettings(
        List<Boolean> sliding,
        int window,
        double fullBase,
        double slidingBase,
        boolean attentionBias,
        boolean mlpBias,
        boolean normBias,
        boolean classifierBias,
        boolean decoderBias,
        double mlpDropout,
        Activation classifierActivation,
        double narrowing,
        double cutoff,
        boolean poolsMean) {
    private static final String FULL = "full_attention";
    private static final String LOCAL = "local_rope_theta";
    private static final String SLIDING = "sliding_attention";

    /** Copies the list. */
    ModernBertSettings {
        sliding = List.copyOf(sliding);
    }

    /** Reads them; what changes the computation and isn't supported is refused by name. */
    static ModernBertSettings of(ModelConfig config, EncoderConfig encoder, double mlpDropout) {
        final int size = encoder.hidden() / encoder.heads();
        if (size % 2 != 0) {
            throw new FinetuneException(config.file() + ": heads are " + size
                    + " wide (hidden_size / num_attention_heads), but rotary positions turn pairs: an even number.");
        }
        config.refuseUnless("head_dim", Integer.toString(size));
        config.refuseUnless("rope_scaling", "{}");
        final String pooling = config.string("classifier_pooling", "cls");
        if (!pooling.equals("cls") && !pooling.equals("mean")) {
            throw new FinetuneException(config.file()
                    + ": \"classifier_pooling\" must be \"cls\" or \"mean\", but is \"" + pooling + "\".");
        }
        final double global = base(config, FULL, "global_rope_theta", 160_000);
        // Before Transformers 5 null meant the same as in the other layers.
        final boolean isNone = config.json().get(LOCAL) instanceof JsonNull;
        return new ModernBertSettings(
                layers(config, encoder.layers()),
                config.has("sliding_window")
                        ? config.size("sliding_window", 1)
                        : config.size("local_attention", 128) / 2,
                global,
                base(config, SLIDING, LOCAL, isNone ? global : 10_000),
                config.bool("attention_bias", false),
                config.bool("mlp_bias", false),
                config.bool("norm_bias", false),
                config.bool("classifier_bias", false),
                config.bool("decoder_bias", true),
                mlpDropout,
                config.activation("classifier_activation", "gelu"),
                1 / Math.sqrt(2.0 * encoder.layers()),
                cutoff(config),
                pooling.equals("mean"));
    }

    private static double cutoff(ModelConfig config) {
        final boolean isNull =
                config.json().has("initializer_cutoff_factor") && !config.has("initializer_cutoff_factor");
        return positive(
                config, "initializer_cutoff_factor", config.number("initializer_cutoff_factor", isNull ? 3 : 2));
    }

    /** {@return how new weights start that aren't in a layer whose outputs are added up} */
    Init init(double std) {
        return new Init.TruncatedNormal(std, cutoff);
    }

    private static List<Boolean> layers(ModelConfig config, int layers) {
        final List<String> types = config.strings("layer_types");
        final int every = config.size("global_attn_every_n_layers", 3);
        final List<Boolean> sliding = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            if (types.isEmpty()) {
                sliding.add(i % every != 0);
            } else {
                final String type = i < types.size() ? types.get(i) : "nothing for layer " + i;
                if (!type.equals(FULL) && !type.equals(SLIDING)) {
                    throw new FinetuneException(config.file() + ": \"layer_types\" must say \"" + FULL + "\" or \""
                            + SLIDING + "\" for each of the " + layers + " layers (num_hidden_layers), but says " + type
                            + ".");
                }
                sliding.add(type.equals(SLIDING));
            }
        }
        return sliding;
    }

    /** The base of a kind of layer, in rope_parameters or under the key that it had before. */
    private static double base(ModelConfig config, String kind, String older, double otherwise) {
        final JsonObject json = config.json();
        if (json.get("rope_parameters") instanceof JsonObject all && all.get(kind) instanceof JsonObject own) {
            final ModelConfig rope = ModelConfig.of(config.file(), own);
            rope.refuseUnless("rope_type", "default");
            rope.refuseUnless("type", "default"); // What it was called before.
            return positive(config, kind + ".rope_theta", rope.number("rope_theta", config.number(older, otherwise)));
        }
        if (json.get("rope_parameters") instanceof JsonArray) {
            throw new FinetuneException(config.file() + ": \"rope_parameters\" should be an object with \"" + FULL
                    + "\" and \"" + SLIDING + "\".");
        }
        return positive(config, older, config.number(older, otherwise));
    }

    private static double positive(ModelConfig config, String key, double base) {
        if (!(base > 0)) {
            throw new FinetuneException(config.file() + ": \"" + key + "\" must be positive, but is " + base + ".");
        }
        return base;
    }
}
