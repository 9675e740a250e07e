package dev.finetune.lm.decoder;

import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What config.json says of Gemma, Gemma 2 and Gemma 3.
 *
 * @param queryScale what products of queries and keys are multiplied with
 * @param attentionCap beyond which scores of attention never go; empty for none
 * @param cap beyond which logits never go; empty for none
 * @param biased whether attention's layers have biases
 * @param headNorms whether queries and keys are normed, head by head
 * @param outputNorms whether what attention and feed-forward give is normed, too
 * @param looks of each layer
 */
record GemmaConfig(
        int vocabulary,
        int width,
        int inner,
        int heads,
        int keyHeads,
        int headSize,
        Activation activation,
        int positions,
        double normEps,
        double attentionDropout,
        double initRange,
        double queryScale,
        OptionalDouble attentionCap,
        OptionalDouble cap,
        boolean biased,
        boolean headNorms,
        boolean outputNorms,
        boolean tied,
        int paddingId,
        List<Look> looks) {

    /**
     * How a layer looks back.
     *
     * @param window how many tokens one sees, itself included; 0 for all
     * @param rotary by which positions are told apart
     */
    record Look(int window, RotaryPositions rotary) {}

    /**
     * What differs between the three where config.json says nothing.
     *
     * @param inner width of the feed-forward blocks
     * @param positions the most tokens
     */
    record Defaults(int vocabulary, int width, int inner, int layers, int heads, int keyHeads, int positions) {}

    static GemmaConfig read(ModelConfig config, double dropout) {
        config.refuseUnless("use_bidirectional_attention", "false");
        return switch (config.string("model_type", "")) {
            case "gemma2" -> second(config, dropout);
            case "gemma3_text" -> third(config, dropout);
            default -> first(config, dropout);
        };
    }

    private static GemmaConfig first(ModelConfig config, double dropout) {
        final Reader reader =
                new Reader(config, new Defaults(256_000, 3072, 24_576, 28, 16, 16, 8192), dropout, "hidden_act");
        final RotaryPositions rotary = RotaryPositions.read(config, reader.headSize(), reader.positions());
        return reader.with(
                reader.headSize(),
                OptionalDouble.empty(),
                OptionalDouble.empty(),
                false,
                false,
                LayerTypes.all(reader.layers(), new Look(0, rotary)));
    }

    private static GemmaConfig second(ModelConfig config, double dropout) {
        final Reader reader =
                new Reader(config, new Defaults(256_000, 2304, 9216, 26, 8, 4, 8192), dropout, "hidden_activation");
        final RotaryPositions rotary = RotaryPositions.read(config, reader.headSize(), reader.positions());
        return reader.with(
                reader.number("query_pre_attn_scalar", 256),
                reader.cap("attn_logit_softcapping", OptionalDouble.of(50)),
                reader.cap("final_logit_softcapping", OptionalDouble.of(30)),
                false,
                true,
                LayerTypes.read(config, reader.layers(), 2).looks(config, rotary, rotary));
    }

    private static GemmaConfig third(ModelConfig config, double dropout) {
        final Reader reader =
                new Reader(config, new Defaults(262_208, 2304, 9216, 26, 8, 4, 131_072), dropout, "hidden_activation");
        if (config.has("attn_logit_softcapping")) {
            throw new FinetuneException(
                    config.file() + ": \"attn_logit_softcapping\" is "
                            + config.json().get("attn_logit_softcapping")
                            + ": Transformers' Gemma 3 caps no scores of attention, whatever that says. Remove it, or say null.");
        }
        final LayerTypes types = LayerTypes.read(config, reader.layers(), config.size("sliding_window_pattern", 6));
        return reader.with(
                reader.number("query_pre_attn_scalar", 256),
                OptionalDouble.empty(),
                reader.cap("final_logit_softcapping", OptionalDouble.empty()),
                true,
                true,
                types.looks(
                        config,
                        Gemma3Rotary.ofAll(config, reader.headSize(), reader.positions()),
                        Gemma3Rotary.ofWindows(config, reader.headSize(), reader.positions())));
    }

    /** What all three say alike. */
    private record Reader(ModelConfig config, Defaults defaults, double dropout, String activationKey) {
        int layers() {
            return config.size("num_hidden_layers", defaults.layers);
        }

        int headSize() {
            return config.size("head_dim", 256);
        }

        int positions() {
            return config.size("max_position_embeddings", defaults.positions);
        }

        double number(String key, double otherwise) {
            final double number = config.number(key, otherwise);
            if (!(number > 0)) {
                throw new FinetuneException(
                        config.file() + ": \"" + key + "\" is " + number + "; it must be positive.");
            }
            return number;
        }

        /** Null says that there is none; the default is for an absent key. */
        OptionalDouble cap(String key, OptionalDouble otherwise) {
            if (!config.json().has(key)) {
                return otherwise;
            }
            return config.has(key) ? OptionalDouble.of(number(key, 1)) : OptionalDouble.empty();
        }

        /** Where files of the first Gemma say "gelu", the other one is meant, as Transformers knows. */
        private Activation activation() {
            final Activation said = config.activation(activationKey, "gelu_pytorch_tanh");
            return said == Activation.GELU && activationKey.equals("hidden_act") ? Activation.GELU_PYTORCH_TANH : said;
        }

        GemmaConfig with(
                double queryScalar,
                OptionalDouble attentionCap,
                OptionalDouble cap,
                boolean headNorms,
                boolean outputNorms,
                List<Look> looks) {
            final int heads = config.size("num_attention_heads", defaults.heads);
            final int keyHeads = config.size("num_key_value_heads", defaults.keyHeads);
            LlamaConfig.refuseUneven(config, heads, keyHeads);
            final int vocabulary = config.size("vocab_size", defaults.vocabulary);
            return new GemmaConfig(
                    vocabulary,
                    config.size("hidden_size", defaults.width),
                    config.size("intermediate_size", defaults.inner),
                    heads,
                    keyHeads,
                    headSize(),
                    activation(),
                    positions(),
                    config.number("rms_norm_eps", 1e-6),
                    Double.isNaN(dropout) ? config.number("attention_dropout", 0) : dropout,
                    config.number("initializer_range", 0.02),
                    1 / Math.sqrt(queryScalar),
                    attentionCap,
                    cap,
                    config.bool("attention_bias", false),
                    headNorms,
                    outputNorms,
                    config.bool("tie_word_embeddings", true),
                    LlamaConfig.paddingRow(config, vocabulary, 0),
                    looks);
        }
    }

    Init init() {
        return Init.normal(initRange);
    }
}
