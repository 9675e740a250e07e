package dev.finetune.bert;

import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Activation;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * ALBERT (Lan et al., 2020): narrow embeddings, and layers in groups that share their weights. Each use of a layer is a stage
 * of its own.
 */
public final class AlbertFamily extends TextFamily {
    @Override
    public String name() {
        return "ALBERT";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("albert");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return layers(List.of("query", "value"), List.of("key", "value"), "ffn_output");
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        config.refuseUnless("position_embedding_type", "absolute");
        BertConfigs.refuseOtherLayers(config);
        final double classifierDropout = config.number("classifier_dropout_prob", 0.1);
        return new EncoderConfig(
                EncoderNames.albert(),
                config.size("vocab_size", 30_000),
                config.size("embedding_size", 128),
                config.size("hidden_size", 4096),
                config.size("num_hidden_layers", 12),
                config.size("num_attention_heads", 64),
                config.size("intermediate_size", 16_384),
                config.size("max_position_embeddings", 512),
                config.integer("type_vocab_size", 2),
                config.integer("pad_token_id", 0),
                false,
                config.activation("hidden_act", "gelu_new"),
                config.number("layer_norm_eps", 1e-12),
                config.number("hidden_dropout_prob", 0),
                config.number("attention_probs_dropout_prob", 0),
                classifierDropout,
                classifierDropout,
                0,
                config.number("initializer_range", 0.02),
                config.bool("tie_word_embeddings", true));
    }

    @Override
    Trunk trunk(EncoderConfig config, AssemblyRequest request, ParameterSource source, boolean firstAlone) {
        final int groups = request.config().size("num_hidden_groups", 1);
        final int inGroup = request.config().size("inner_group_num", 1);
        if (groups > config.layers()) {
            throw new FinetuneException(request.config().file() + ": \"num_hidden_groups\" is " + groups
                    + ", more than the " + config.layers() + " layers (num_hidden_layers) that are to share them.");
        }
        final EmbeddingStage embeddings =
                new EmbeddingStage(config, source, Optional.of("encoder.embedding_hidden_mapping_in"));
        final EncoderLayer.Dropouts dropouts = new EncoderLayer.Dropouts(config.hiddenDropout(), 0);
        final List<EncoderLayer> layers = new ArrayList<>();
        for (int i = 0; i < groups * inGroup; i++) {
            final String name = "encoder.albert_layer_groups." + i / inGroup + ".albert_layers." + i % inGroup;
            layers.add(new EncoderLayer(config, source.at(name), dropouts));
        }
        final List<Stage> stages = new ArrayList<>(List.of(embeddings));
        int group = -1;
        for (int i = 0; i < config.layers(); i++) {
            final int before = group;
            group = (int) (i / ((double) config.layers() / groups));
            for (int j = 0; j < inGroup; j++) {
                final boolean last = i == config.layers() - 1 && j == inGroup - 1;
                stages.add(new LayerStage(
                        stages.size() - 1,
                        layers.get(group * inGroup + j),
                        Optional.empty(),
                        firstAlone && last,
                        group > before));
            }
        }
        return new Trunk(stages, embeddings.wordEmbeddings());
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return new SequenceHead.Layout("albert.pooler", Activation.TANH, "classifier", 0, config.sequenceDropout());
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return new MaskedLmNames(
                "predictions.dense",
                "predictions.LayerNorm",
                "predictions.bias",
                "predictions.decoder.weight",
                List.of("predictions.decoder.bias"),
                config.activation());
    }

    @Override
    String architecture(ModelConfig config) {
        return "Albert";
    }

    @Override
    boolean readsTokenTypes() {
        return true;
    }
}
