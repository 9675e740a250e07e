package dev.finetune.bert.heads;

import dev.finetune.head.Pooling;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HeadModule;
import dev.finetune.nn.Parameter;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One vector an input, without parameters: "embeddings" is (batch, hidden). The mean is taken over the tokens that the
 * attention mask shows, special tokens included (Reimers and Gurevych, "Sentence-BERT", 2019).
 *
 * @param pooling mean or first token
 */
public record PoolingHead(Pooling pooling) implements HeadModule {
    @Override
    public Map<String, Tensor> forward(Tensor hidden, Batch batch, ForwardContext context) {
        if (pooling == Pooling.CLS) {
            return Map.of("embeddings", hidden.select(1, 0));
        }
        final Tensor mask =
                batch.get("attention_mask").to(ScalarType.Float).unsqueeze(2).to(hidden.scalar_type());
        return Map.of("embeddings", hidden.mul(mask).sum(1).div(mask.sum(1)));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of();
    }
}
