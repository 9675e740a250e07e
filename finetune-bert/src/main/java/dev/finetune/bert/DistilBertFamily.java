package dev.finetune.bert;

import com.google.gson.JsonObject;
import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.checkpoint.Weights;
import dev.finetune.nn.Activation;
import dev.finetune.nn.ParameterSource;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.Optional;

/** DistilBERT (Sanh et al., 2019): BERT without token types and pooler, under keys and names of its own. */
public final class DistilBertFamily extends TextFamily {
    @Override
    public String name() {
        return "DistilBERT";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("distilbert");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return layers(List.of("q_lin", "v_lin"), List.of("k_lin", "v_lin"), "ffn.lin2");
    }

    @Override
    public Optional<JsonObject> describe(Weights weights) {
        return GraphConfigs.distilBert(weights);
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        config.refuseUnless("pruned_heads", "{}");
        BertConfigs.refuseOtherLayers(config);
        final int dim = size(config, "dim", "hidden_size", 768);
        final double dropout = config.number("dropout", 0.1);
        return new EncoderConfig(
                EncoderNames.distilBert(),
                config.size("vocab_size", 30_522),
                dim,
                dim,
                size(config, "n_layers", "num_hidden_layers", 6),
                size(config, "n_heads", "num_attention_heads", 12),
                config.size("hidden_dim", 3072),
                config.size("max_position_embeddings", 512),
                0,
                config.integer("pad_token_id", 0),
                false,
                config.activation("activation", "gelu"),
                1e-12,
                dropout,
                config.number("attention_dropout", 0.1),
                config.number("seq_classif_dropout", 0.2),
                dropout,
                config.number("qa_dropout", 0.1),
                config.number("initializer_range", 0.02),
                config.bool("tie_word_embeddings", true));
    }

    /** A size under its own key or, as Transformers reads it too, under BERT's, which wins. */
    private static int size(ModelConfig config, String key, String asInBert, int otherwise) {
        return config.size(config.has(asInBert) ? asInBert : key, otherwise);
    }

    /** Nothing is dropped between the projection after attention and its residual sum. */
    @Override
    Trunk trunk(EncoderConfig config, AssemblyRequest request, ParameterSource source, boolean firstAlone) {
        final EmbeddingStage embeddings = EmbeddingStage.of(config, source);
        final EncoderLayer.Dropouts dropouts = new EncoderLayer.Dropouts(0, config.hiddenDropout());
        return new Trunk(
                LayerStage.below(embeddings, config, source, Optional.empty(), firstAlone, dropouts),
                embeddings.wordEmbeddings());
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return new SequenceHead.Layout("pre_classifier", Activation.RELU, "classifier", 0, config.sequenceDropout());
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return new MaskedLmNames(
                "vocab_transform",
                "vocab_layer_norm",
                "vocab_projector.bias",
                "vocab_projector.weight",
                List.of(),
                config.activation());
    }

    @Override
    String architecture(ModelConfig config) {
        return "DistilBert";
    }

    @Override
    boolean readsTokenTypes() {
        return false;
    }
}
