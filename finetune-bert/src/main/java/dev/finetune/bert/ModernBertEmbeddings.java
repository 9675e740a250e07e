package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import dev.finetune.nn.TokenGroups;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** norm(word), dropped out: {@code input_ids} (batch, length) to (batch, length, hidden). Positions come with attention. */
final class ModernBertEmbeddings implements Stage {
    private final Embedding words;
    private final LayerNorm norm;
    private final Dropout dropout;

    ModernBertEmbeddings(EncoderConfig config, ModernBertSettings settings, ParameterSource encoder) {
        final ParameterSource source = encoder.at("embeddings");
        this.words = new Embedding(
                source.at("tok_embeddings"),
                config.vocabulary(),
                config.hidden(),
                config.paddingId(),
                settings.init(config.initRange()));
        this.norm = new LayerNorm(source.at("norm"), config.hidden(), config.normEps(), settings.normBias());
        this.dropout = new Dropout(config.hiddenDropout());
    }

    /** The word embeddings, which the masked-LM head shares. */
    Parameter words() {
        return words.weight();
    }

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor ids = batch.get("input_ids");
        return TokenGroups.of(batch, "attention_mask", context)
                .map(tokens -> tokens.pad(embedded(tokens.gatherNumbers(ids), context)))
                .orElseGet(() -> embedded(ids, context));
    }

    private Tensor embedded(Tensor ids, ForwardContext context) {
        return dropout.forward(norm.forward(words.forward(ids, context)), context);
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        final Value normed = norm.draw(graph, words.draw(graph, TextInputs.ids(graph)));
        return graph.reshape(normed, -1, words.weight().shape()[1]);
    }

    @Override
    public boolean canLeaveOutPadding() {
        return true;
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(words, norm));
    }
}
