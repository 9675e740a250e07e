package dev.finetune.lm.seq2seq;

import dev.finetune.lm.head.LmHead;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Embedding;
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
import org.bytedeco.pytorch.global.torch.ScalarType;

/** BART (Lewis et al., 2019): norms after the residual sums, learned positions, and words whose embeddings are the output layer. */
public final class BartFamily extends Seq2SeqFamily<BartConfig> {
    /** As PEFT adapts it. */
    private static final LayerNames LAYERS =
            new LayerNames(List.of("q_proj", "v_proj"), List.of("q_proj", "v_proj"), List.of("fc2"), List.of());

    /** The family. */
    public BartFamily() {}

    @Override
    public String name() {
        return "BART";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("bart");
    }

    @Override
    public LayerNames layerNames(ModelConfig config) {
        return LAYERS;
    }

    @Override
    BartConfig config(ModelConfig config, double dropout) {
        return BartConfig.of(config, dropout);
    }

    @Override
    TokenSettings tokens(BartConfig config) {
        return config.tokens();
    }

    @Override
    Names names() {
        return new Names("model", "Bart", List.of("encoder.version", "decoder.version"));
    }

    @Override
    Network network(BartConfig config, boolean tied, ParameterSource source, LossOptions loss) {
        final ParameterSource model = source.at("model");
        final TokenSettings tokens = config.tokens();
        final Embedding words = new Embedding(
                model.at("shared"), tokens.vocabulary(), config.hidden(), tokens.padding(), config.init());
        final List<Stage> stages = new ArrayList<>();
        for (Side side : Side.values()) {
            final ParameterSource ofSide = model.at(side.prefix());
            stages.add(new BartEmbeddings(side, config, words, ofSide));
            for (int i = 0; i < config.layers(side).count(); i++) {
                stages.add(new BartLayer(side, i, config, ofSide));
            }
        }
        final Linear output = output(tied, words.weight(), config.init(), tokens.vocabulary(), config.hidden(), source);
        final Buffer bias = source.buffer(Names.OUTPUT_BIAS, 0, ScalarType.Float, 1, tokens.vocabulary());
        return new Network(stages, LmHead.ofShifted(output, 1, Optional.of(bias), loss));
    }
}
