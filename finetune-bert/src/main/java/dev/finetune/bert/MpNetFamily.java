package dev.finetune.bert;

import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.ParameterSource;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.Optional;

/** MPNet (Song et al., 2020): BERT without token types, with relative attention biases that all layers share. */
public final class MpNetFamily extends TextFamily {
    /** Transformers' network has it fixed. */
    private static final int PADDING_ID = 1;

    @Override
    public String name() {
        return "MPNet";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("mpnet");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return layers(List.of("q", "v"), List.of("k", "v"), "output.dense");
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        BertConfigs.refuseOtherLayers(config);
        config.refuseUnless("pad_token_id", Integer.toString(PADDING_ID));
        final int hidden = config.size("hidden_size", 768);
        final double dropout = config.number("hidden_dropout_prob", 0.1);
        return new EncoderConfig(
                EncoderNames.mpNet(),
                config.size("vocab_size", 30_527),
                hidden,
                hidden,
                config.size("num_hidden_layers", 12),
                config.size("num_attention_heads", 12),
                config.size("intermediate_size", 3072),
                config.size("max_position_embeddings", 512),
                0,
                PADDING_ID,
                true,
                config.activation("hidden_act", "gelu"),
                config.number("layer_norm_eps", 1e-12),
                dropout,
                config.number("attention_probs_dropout_prob", 0.1),
                dropout,
                dropout,
                0,
                config.number("initializer_range", 0.02),
                config.bool("tie_word_embeddings", true));
    }

    @Override
    Trunk trunk(EncoderConfig config, AssemblyRequest request, ParameterSource source, boolean firstAlone) {
        final int buckets = request.config().size("relative_attention_num_buckets", MpNetScores.BUCKETS);
        if (buckets < MpNetScores.BUCKETS) {
            throw new FinetuneException(request.config().file() + ": \"relative_attention_num_buckets\" is " + buckets
                    + ", but distances are put into " + MpNetScores.BUCKETS + " buckets: it must be at least that.");
        }
        final EmbeddingStage embeddings = EmbeddingStage.of(config, source);
        final MpNetScores scores = new MpNetScores(source.at("encoder"), buckets, config);
        return new Trunk(
                LayerStage.below(
                        new SharedBelow(embeddings, List.of(scores)), config, source, Optional.of(scores), firstAlone),
                embeddings.wordEmbeddings());
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return withoutPooler(Activation.TANH, config);
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return MaskedLmNames.roberta();
    }

    @Override
    String architecture(ModelConfig config) {
        return "MPNet";
    }

    @Override
    boolean readsTokenTypes() {
        return false;
    }
}
