package dev.finetune.bert;

import com.google.gson.JsonObject;
import dev.finetune.bert.heads.SequenceHead;
import dev.finetune.checkpoint.Weights;
import dev.finetune.nn.Activation;
import dev.finetune.spi.AssemblyRequest;
import dev.finetune.spi.ModelConfig;
import java.util.List;
import java.util.Optional;

/** BERT (Devlin et al., 2018). */
public final class BertFamily extends TextFamily {
    @Override
    public String name() {
        return "BERT";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("bert");
    }

    @Override
    public Optional<JsonObject> describe(Weights weights) {
        return GraphConfigs.bert(weights);
    }

    @Override
    EncoderConfig encoder(ModelConfig config) {
        return BertConfigs.read(config, new BertConfigs.Defaults("bert", 30_522, 0, 768, 12, 3072, 0), false);
    }

    @Override
    SequenceHead.Layout sequenceLayout(EncoderConfig config, AssemblyRequest request) {
        return new SequenceHead.Layout("bert.pooler.dense", Activation.TANH, "classifier", 0, config.sequenceDropout());
    }

    @Override
    MaskedLmNames maskedLmNames(EncoderConfig config, ModelConfig model) {
        return MaskedLmNames.bert(config.activation());
    }

    @Override
    String architecture(ModelConfig config) {
        return "Bert";
    }

    @Override
    boolean readsTokenTypes() {
        return true;
    }
}
