package dev.finetune.bert;

import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.nn.Activation;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.List;

/** ELECTRA (Clark et al., 2020): narrower embeddings, projected to the hidden width where they differ. */
public final class ElectraFamily extends TextFamily {
    @Override
    public String name() {
        return "ELECTRA";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("electra");
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        return BertConfigs.read(config, new BertConfigs.Defaults("electra", 30_522, 128, 256, 4, 1024, 0), false);
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return withoutPooler(Activation.GELU, config);
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return new MaskedLmNames(
                "generator_predictions.dense",
                "generator_predictions.LayerNorm",
                "generator_lm_head.bias",
                "generator_lm_head.weight",
                List.of(),
                Activation.GELU);
    }

    @Override
    String architecture(ModelConfig config) {
        return "Electra";
    }

    /** ElectraForPreTraining tells replaced tokens from others: a head that isn't supported. */
    @Override
    boolean pretrainsByMasking() {
        return false;
    }

    @Override
    boolean readsTokenTypes() {
        return true;
    }
}
