package dev.finetune.lm.decoder;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The embeddings of tokens: {@code input_ids} (batch, length) to (batch, length, width). Positions come with attention. */
final class LlamaEmbeddings implements Stage {
    private final Embedding words;

    LlamaEmbeddings(LlamaConfig config, ParameterSource source) {
        this.words = new Embedding(
                source.at("embed_tokens"), config.vocabulary(), config.width(), config.paddingId(), config.init());
    }

    Parameter words() {
        return words.weight();
    }

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return words.forward(batch.get("input_ids"), context);
    }

    @Override
    public boolean canEndRowsApart() {
        return true;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        return words.parameters();
    }
}
