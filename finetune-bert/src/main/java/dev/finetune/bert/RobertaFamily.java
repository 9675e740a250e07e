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
        return withoutPooler(Activation.TANH, config);
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return MaskedLmNames.roberta();
    }

    @Override
    String architecture(ModelConfig config) {
        return switch (config.string("model_type", "")) {
            case "xlm-roberta" -> "XLMRoberta";
            case "camembert" -> "Camembert";
            default -> "Roberta";
        };
    }

    /** RoBERTa's own tokenizer gives none, but some of its models come with BERT's. */
    @Override
    boolean readsTokenTypes() {
        return true;
    }
}
