package dev.finetune.lm.decoder;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** word + position, dropped out: {@code input_ids} (batch, length) to (batch, length, width). */
final class Gpt2Embeddings implements Stage {
    private final Embedding words;
    private final Embedding positions;
    private final Dropout dropout;

    Gpt2Embeddings(Gpt2Config config, ParameterSource source) {
        this.words = new Embedding(source.at("wte"), config.vocabulary(), config.width(), -1, config.init());
        this.positions = new Embedding(source.at("wpe"), config.positions(), config.width(), -1, config.init());
        this.dropout = new Dropout(config.embeddingDropout());
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
        final Tensor sum = words.forward(batch.get("input_ids"), context)
                .add(positions.forward(Positions.of(batch, context), context));
        return dropout.forward(sum, context);
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
        return Module.parametersOf(List.of(words, positions));
    }
}
