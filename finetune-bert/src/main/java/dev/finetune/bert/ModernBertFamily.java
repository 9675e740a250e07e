package dev.finetune.bert;

import dev.finetune.bert.heads.MaskedLmHead;
import dev.finetune.bert.heads.NormedHead;
import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.head.Head;
import dev.finetune.nn.Activation;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * ModernBERT (Warner et al., 2024): norms before the residual sums, rotary positions, full and sliding attention in turn, gated
 * linear units.
 */
public final class ModernBertFamily extends TextFamily {
    @Override
    public String name() {
        return "ModernBERT";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("modernbert");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return layers(List.of("Wqkv"), List.of("Wqkv"), "mlp.Wo");
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        BertConfigs.refuseOtherLayers(config);
        final int hidden = config.size("hidden_size", 768);
        final double classifierDropout = config.number("classifier_dropout", 0);
        return new EncoderConfig(
                EncoderNames.modernBert(),
                config.size("vocab_size", 50_368),
                hidden,
                hidden,
                config.size("num_hidden_layers", 22),
                config.size("num_attention_heads", 12),
                config.size("intermediate_size", 1152),
                config.size("max_position_embeddings", 8192),
                0,
                config.integer("pad_token_id", 50_283),
                false,
                config.activation("hidden_activation", "gelu"),
                config.number("norm_eps", 1e-5),
                config.number("embedding_dropout", 0),
                config.number("attention_dropout", 0),
                classifierDropout,
                classifierDropout,
                classifierDropout,
                config.number("initializer_range", 0.02),
                config.bool("tie_word_embeddings", true));
    }

    @Override
    Trunk trunk(EncoderConfig config, AssemblyRequest request, ParameterSource source, boolean firstAlone) {
        final ModernBertSettings settings =
                ModernBertSettings.of(request.config(), config, dropout(request, "mlp_dropout", 0));
        final ModernBertEmbeddings embeddings = new ModernBertEmbeddings(config, settings, source);
        final List<Stage> stages = new ArrayList<>(List.of(embeddings));
        final boolean readsFirst = firstAlone && (request.head().pooling().isPresent() || !settings.poolsMean());
        for (int i = 0; i < config.layers(); i++) {
            final boolean last = i == config.layers() - 1;
            stages.add(new ModernBertLayer(config, settings, source, i, readsFirst && last));
        }
        return new Trunk(stages, embeddings.words());
    }

    @Override
    HeadModule headModule(EncoderConfig config, AssemblyRequest request, ParameterSource source, Parameter words) {
        final Head head = request.head();
        if (head.pooling().isPresent() || pooling(request).isPresent()) {
            return super.headModule(config, request, source, words);
        }
        final ModernBertSettings settings = ModernBertSettings.of(request.config(), config, 0);
        final Init narrow = settings.init(config.initRange() * settings.narrowing());
        final int hidden = config.hidden();
        final Linear dense = new Linear(source.at("head.dense"), hidden, hidden, narrow, settings.classifierBias());
        final LayerNorm norm = new LayerNorm(source.at("head.norm"), hidden, config.normEps(), settings.normBias());
        if (head instanceof Head.MaskedLm) {
            final Parameter bias =
                    settings.decoderBias() ? source.take("decoder.bias", Init.ZEROS, config.vocabulary()) : null;
            final Linear decoder = decoder(config, "decoder.weight", bias, source, words);
            return new MaskedLmHead(dense, settings.classifierActivation(), norm, decoder);
        }
        if (!head.isOfWholeInput() && !(head instanceof Head.Tokens) && !(head instanceof Head.QuestionAnswering)) {
            throw unknown(head);
        }
        final int outputs = head instanceof Head.QuestionAnswering ? 2 : head.rows(); // Starts and ends.
        final Linear output =
                new Linear(source.at("classifier"), hidden, outputs, settings.init(1 / Math.sqrt((double) hidden)));
        return new NormedHead(
                reads(head, settings), dense, settings.classifierActivation(), norm, config.sequenceDropout(), output);
    }

    private static NormedHead.Reads reads(Head head, ModernBertSettings settings) {
        if (head instanceof Head.Tokens) {
            return NormedHead.Reads.TOKENS;
        }
        if (head instanceof Head.QuestionAnswering) {
            return NormedHead.Reads.SPANS;
        }
        return settings.poolsMean() ? NormedHead.Reads.MEAN : NormedHead.Reads.FIRST;
    }

    /** Says which layer has a row for each output. */
    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return new SequenceHead.Layout("head.dense", Activation.GELU, "classifier", 0, config.sequenceDropout());
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return new MaskedLmNames(
                "head.dense", "head.norm", "decoder.bias", "decoder.weight", List.of(), config.activation());
    }

    @Override
    List<String> encoderParts() {
        return List.of("embeddings.", "layers.", "final_norm.");
    }

    @Override
    String wordEmbeddings() {
        return "embeddings.tok_embeddings.weight";
    }

    @Override
    String architecture(ModelConfig config) {
        return "ModernBert";
    }

    @Override
    boolean readsTokenTypes() {
        return false;
    }
}
