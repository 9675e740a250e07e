package dev.finetune.bert;

/**
 * How a family names the parameters of its encoder, as Transformers writes them.
 *
 * @param prefix of the whole encoder
 * @param layer of layer {@code %d}, below the prefix
 * @param query within a layer
 * @param key within a layer
 * @param value within a layer
 * @param attentionOutput the projection after attention
 * @param attentionNorm the norm after attention
 * @param up the first feed-forward projection
 * @param down the second feed-forward projection
 * @param outputNorm the norm after the feed-forward part
 */
public record EncoderNames(
        String prefix,
        String layer,
        String query,
        String key,
        String value,
        String attentionOutput,
        String attentionNorm,
        String up,
        String down,
        String outputNorm) {
    /**
     * {@return the names that BERT, RoBERTa and ELECTRA share}
     *
     * @param prefix what the file's names start with, such as "bert."
     */
    public static EncoderNames bert(String prefix) {
        return new EncoderNames(
                prefix,
                "encoder.layer.%d",
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm");
    }

    /**
     * DistilBERT's names.
     *
     * @return the names that DistilBERT has
     */
    public static EncoderNames distilBert() {
        return new EncoderNames(
                "distilbert",
                "transformer.layer.%d",
                "attention.q_lin",
                "attention.k_lin",
                "attention.v_lin",
                "attention.out_lin",
                "sa_layer_norm",
                "ffn.lin1",
                "ffn.lin2",
                "output_layer_norm");
    }

    /**
     * MPNet's names.
     *
     * @return the names that MPNet has
     */
    public static EncoderNames mpNet() {
        return new EncoderNames(
                "mpnet",
                "encoder.layer.%d",
                "attention.attn.q",
                "attention.attn.k",
                "attention.attn.v",
                "attention.attn.o",
                "attention.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm");
    }

    /**
     * ALBERT's names; its layers are in groups, which are named apart.
     *
     * @return the names that ALBERT has
     */
    public static EncoderNames albert() {
        return new EncoderNames(
                "albert",
                "encoder.albert_layer_groups.%d",
                "attention.query",
                "attention.key",
                "attention.value",
                "attention.dense",
                "attention.LayerNorm",
                "ffn",
                "ffn_output",
                "full_layer_layer_norm");
    }

    /**
     * ModernBERT's names; queries, keys and values are one projection, and so is the gated first feed-forward one.
     *
     * @return the names that ModernBERT has
     */
    public static EncoderNames modernBert() {
        return new EncoderNames(
                "model",
                "layers.%d",
                "attn.Wqkv",
                "attn.Wqkv",
                "attn.Wqkv",
                "attn.Wo",
                "attn_norm",
                "mlp.Wi",
                "mlp.Wo",
                "mlp_norm");
    }

    /**
     * DeBERTa's names.
     *
     * @return the names that DeBERTa-v2 has
     */
    public static EncoderNames debertaV2() {
        return new EncoderNames(
                "deberta",
                "encoder.layer.%d",
                "attention.self.query_proj",
                "attention.self.key_proj",
                "attention.self.value_proj",
                "attention.output.dense",
                "attention.output.LayerNorm",
                "intermediate.dense",
                "output.dense",
                "output.LayerNorm");
    }
}
