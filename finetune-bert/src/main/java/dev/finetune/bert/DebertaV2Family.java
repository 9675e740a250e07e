package dev.finetune.bert;

import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/** DeBERTa-v2 and v3 (He et al., 2021): attention compares contents with contents, and contents with distances. */
public final class DebertaV2Family extends TextFamily {
    private static final String NEWER_HEAD = "lm_predictions.lm_head.";

    @Override
    public String name() {
        return "DeBERTa-v2";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("deberta-v2");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return layers(List.of("query_proj", "value_proj"), List.of("key_proj", "value_proj"), "output.dense");
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        BertConfigs.refuseOtherLayers(config);
        final int hidden = config.size("hidden_size", 1536);
        final int embeddingWidth = config.size("embedding_size", hidden);
        final boolean legacy = config.bool("legacy", true);
        if (!legacy && embeddingWidth != hidden) {
            throw new FinetuneException(config.file()
                    + ": with \"legacy\" false the masked-language model's head multiplies"
                    + " with the word embeddings, so that \"embedding_size\" must be hidden_size, " + hidden + ", not "
                    + embeddingWidth + ".");
        }
        config.refuseUnless("pooler_hidden_size", Integer.toString(hidden));
        final double dropout = config.number("hidden_dropout_prob", 0.1);
        return new EncoderConfig(
                EncoderNames.debertaV2(),
                config.size("vocab_size", 128_100),
                embeddingWidth,
                hidden,
                config.size("num_hidden_layers", 24),
                config.size("num_attention_heads", 24),
                config.size("intermediate_size", 6144),
                config.size("max_position_embeddings", 512),
                config.integer("type_vocab_size", 0),
                config.integer("pad_token_id", 0),
                false,
                config.activation("hidden_act", "gelu"),
                config.number("layer_norm_eps", 1e-7),
                dropout,
                config.number("attention_probs_dropout_prob", 0.1),
                config.number("cls_dropout", dropout),
                dropout,
                0,
                config.number("initializer_range", 0.02),
                !legacy || config.bool("tie_word_embeddings", true));
    }

    @Override
    Trunk trunk(EncoderConfig config, AssemblyRequest request, ParameterSource source, boolean firstAlone) {
        final DebertaSettings settings = DebertaSettings.of(request.config(), config);
        final DebertaEmbeddings embeddings = new DebertaEmbeddings(config, settings, source);
        final DebertaDistances distances = new DebertaDistances(config, settings, source.at("encoder"));
        final List<Stage> stages = new ArrayList<>(List.of(new SharedBelow(embeddings, List.of(distances))));
        for (int i = 0; i < config.layers(); i++) {
            final boolean last = i == config.layers() - 1;
            stages.add(new DebertaLayer(config, settings, distances, source.at("encoder"), i, firstAlone && last));
        }
        return new Trunk(stages, embeddings.words());
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return new SequenceHead.Layout(
                "pooler.dense",
                request.config().activation("pooler_hidden_act", "gelu"),
                "classifier",
                dropout(request, "pooler_dropout", 0),
                config.sequenceDropout());
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        if (!model.bool("legacy", true)) {
            return new MaskedLmNames(
                    NEWER_HEAD + "dense",
                    NEWER_HEAD + "LayerNorm",
                    NEWER_HEAD + "bias",
                    NEWER_HEAD + "weight",
                    List.of(),
                    config.activation());
        }
        return MaskedLmNames.bert(config.activation());
    }

    /** Files hold position embeddings that the network doesn't add to its input, too. */
    @Override
    boolean ignores(String name) {
        return super.ignores(name) || name.contains("position_embeddings");
    }

    @Override
    String architecture(ModelConfig config) {
        return "DebertaV2";
    }

    @Override
    boolean readsTokenTypes() {
        return true;
    }
}
