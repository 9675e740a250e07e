package dev.finetune.lm.decoder;

import dev.finetune.nn.Activation;
import dev.finetune.nn.Init;
import dev.finetune.spi.ModelConfig;

/** What GPT-2's config.json says. */
record Gpt2Config(
        int vocabulary,
        int positions,
        int width,
        int layers,
        int heads,
        int inner,
        Activation activation,
        double residualDropout,
        double embeddingDropout,
        double attentionDropout,
        double normEps,
        double initRange,
        boolean scaled,
        boolean scaledByLayer,
        boolean tied) {

    static Gpt2Config read(ModelConfig config, double dropout) {
        config.refuseUnless("add_cross_attention", "false");
        final int width = size(config, "n_embd", "hidden_size", 768);
        final int heads = size(config, "n_head", "num_attention_heads", 12);
        final int layers = size(config, "n_layer", "num_hidden_layers", 12);
        final int positions = size(config, "n_positions", "max_position_embeddings", 1024);
        return new Gpt2Config(
                config.size("vocab_size", 50_257),
                positions,
                width,
                layers,
                heads,
                config.size("n_inner", 4 * width),
                config.activation("activation_function", "gelu_new"),
                replaced(config.number("resid_pdrop", 0.1), dropout),
                replaced(config.number("embd_pdrop", 0.1), dropout),
                replaced(config.number("attn_pdrop", 0.1), dropout),
                config.number("layer_norm_epsilon", 1e-5),
                config.number("initializer_range", 0.02),
                config.bool("scale_attn_weights", true),
                config.bool("scale_attn_by_inverse_layer_idx", false),
                config.bool("tie_word_embeddings", true));
    }

    /** Under its own name, or the one that Transformers knows it by, too; both have to say the same. */
    private static int size(ModelConfig config, String name, String alias, int otherwise) {
        final int size = config.size(name, config.size(alias, otherwise));
        config.refuseAlias(alias, name, size);
        return size;
    }

    private static double replaced(double probability, double by) {
        return Double.isNaN(by) ? probability : by;
    }

    Init init() {
        return Init.normal(initRange);
    }

    /** Of what is added to the residual sum (Radford et al., 2019). */
    Init narrow() {
        return Init.normal(initRange / Math.sqrt(2.0 * layers));
    }
}
