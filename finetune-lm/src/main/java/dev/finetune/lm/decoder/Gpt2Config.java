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
        final int width = config.size("n_embd", 768);
        config.refuseAlias("hidden_size", "n_embd", width);
        config.refuseAlias("num_attention_heads", "n_head", config.size("n_head", 12));
        config.refuseAlias("num_hidden_layers", "n_layer", config.size("n_layer", 12));
        return new Gpt2Config(
                config.size("vocab_size", 50_257),
                config.size("n_positions", 1024),
                width,
                config.size("n_layer", 12),
                config.size("n_head", 12),
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
