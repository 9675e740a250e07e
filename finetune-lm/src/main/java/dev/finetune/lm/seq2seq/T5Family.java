package dev.finetune.lm.seq2seq;

import dev.finetune.lm.head.LmHead;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.Init;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Network;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.peft.LayerNames;
import dev.finetune.spi.ModelConfig;
import dev.finetune.task.LossOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * T5 (Raffel et al., 2020), T5 v1.1 and FLAN-T5: norms before the residual sums, scores by distance, which all layers of a side
 * share, and, since v1.1, gated feed-forward parts.
 */
public final class T5Family extends Seq2SeqFamily<T5Config> {
    /** As PEFT adapts it. */
    private static final LayerNames LAYERS =
            new LayerNames(List.of("q", "v"), List.of("k", "v"), List.of("wo"), List.of());

    /** The family. */
    public T5Family() {}

    @Override
    public String name() {
        return "T5";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("t5");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return LAYERS;
    }

    @Override
    T5Config config(ModelConfig config, double dropout) {
        return T5Config.of(config, dropout);
    }

    @Override
    TokenSettings tokens(T5Config config) {
        return config.tokens();
    }

    @Override
    Names names() {
        return new Names("", "T5", List.of("EncDecAttention.relative_attention_bias.weight"));
    }

    @Override
    Network network(T5Config config, boolean tied, ParameterSource source, LossOptions loss) {
        final int vocabulary = config.tokens().vocabulary();
        final Init init = Init.normal(config.factor());
        final Embedding words = new Embedding(source.at("shared"), vocabulary, config.hidden(), -1, init);
        final List<Stage> stages = new ArrayList<>();
        for (Side side : Side.values()) {
            final RelativeScores scores = new RelativeScores(side, config, source);
            stages.add(new T5Embeddings(side, words, scores, new Dropout(config.dropout())));
            final int layers = side == Side.ENCODER ? config.encoderLayers() : config.decoderLayers();
            for (int i = 0; i < layers; i++) {
                stages.add(new T5Layer(side, i, config, scores, source));
            }
        }
        final Linear output = output(tied, words.weight(), init, vocabulary, config.hidden(), source);
        final double scale = config.scalesOutput() ? 1 / Math.sqrt((double) config.hidden()) : 1;
        return new Network(stages, LmHead.ofShifted(output, scale, Optional.empty(), loss));
    }
}
