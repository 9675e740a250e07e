package dev.finetune.bert;

import dev.finetune.error.FinetuneException;
import dev.finetune.spi.ModelConfig;

/** Reads the config.json of the families that kept BERT's keys: BERT itself, RoBERTa, ELECTRA. */
final class BertConfigs {
    private BertConfigs() {}

    /**
     * What an absent key means.
     *
     * @param prefix the base model's prefix
     * @param embeddingWidth 0 for the hidden width
     */
    record Defaults(
            String prefix,
            int vocabulary,
            int embeddingWidth,
            int hidden,
            int heads,
            int intermediate,
            int paddingId) {}

    /** Refuses layers that differ from each other, and weights that aren't plain numbers: of every family's. */
    static void refuseOtherLayers(ModelConfig config) {
        config.refuseUnless("per_layer_config", "{}");
        if (config.has("quantization_config")) {
            throw new FinetuneException(
                    config.file() + ": \"quantization_config\": quantized weights are not supported;"
                            + " use the checkpoint that they were made from.");
        }
    }

    /**
     * Reads a configuration; what changes the computation and isn't supported is refused by name.
     *
     * @param defaults what Transformers takes for an absent key
     * @param positionsFromPadding whether positions count from the padding token's id (RoBERTa)
     */
    static EncoderConfig read(ModelConfig config, Defaults defaults, boolean positionsFromPadding) {
        config.refuseUnless("is_decoder", "false");
        config.refuseUnless("add_cross_attention", "false");
        config.refuseUnless("position_embedding_type", "absolute");
        config.refuseUnless("pruned_heads", "{}");
        refuseOtherLayers(config);
        final int hidden = config.size("hidden_size", defaults.hidden);
        final double hiddenDropout = config.number("hidden_dropout_prob", 0.1);
        return new EncoderConfig(
                EncoderNames.bert(defaults.prefix),
                config.size("vocab_size", defaults.vocabulary),
                defaults.embeddingWidth == 0 ? hidden : config.size("embedding_size", defaults.embeddingWidth),
                hidden,
                config.size("num_hidden_layers", 12),
                config.size("num_attention_heads", defaults.heads),
                config.size("intermediate_size", defaults.intermediate),
                config.size("max_position_embeddings", 512),
                config.integer("type_vocab_size", 2),
                config.integer("pad_token_id", defaults.paddingId),
                positionsFromPadding,
                config.activation("hidden_act", "gelu"),
                config.number("layer_norm_eps", 1e-12),
                hiddenDropout,
                config.number("attention_probs_dropout_prob", 0.1),
                config.number("classifier_dropout", hiddenDropout),
                config.number("classifier_dropout", hiddenDropout),
                0,
                config.number("initializer_range", 0.02),
                config.bool("tie_word_embeddings", true));
    }
}
