package dev.finetune.bert;

import com.google.gson.JsonObject;
import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.checkpoint.Weights;
import dev.finetune.nn.Activation;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.Optional;

/** RoBERTa (Liu et al., 2019), and XLM-RoBERTa and CamemBERT, which share its network. */
public final class RobertaFamily extends TextFamily {
    @Override
    public String name() {
        return "RoBERTa";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("roberta", "xlm-roberta", "camembert");
    }

    @Override
    public Optional<JsonObject> describe(Weights weights) {
        return GraphConfigs.roberta(weights);
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        return BertConfigs.read(config, new BertConfigs.Defaults("roberta", 50_265, 0, 768, 12, 3072, 1), true);
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return new SequenceHead.Layout(
                "classifier.dense",
                Activation.TANH,
                "classifier.out_proj",
                config.sequenceDropout(),
                config.sequenceDropout());
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return new MaskedLmNames(
                "lm_head.dense",
                "lm_head.layer_norm",
                "lm_head.bias",
                "lm_head.decoder.weight",
                List.of("lm_head.decoder.bias"),
                Activation.GELU);
    }

    @Override
    String architecture(ModelConfig config) {
        return switch (config.string("model_type", "")) {
            case "xlm-roberta" -> "XLMRoberta";
            case "camembert" -> "Camembert";
            default -> "Roberta";
        };
    }

    @Override
    boolean readsTokenTypes() {
        return false;
    }
}
