package dev.finetune.bert;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Linear;
import dev.finetune.nn.Module;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Value;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * norm(project(word + position + type)), 0 at padding, dropped out; positions, types and the projection only where the
 * configuration has them: {@code input_ids} (batch, length) to (batch, length, hidden).
 */
final class DebertaEmbeddings implements Stage {
    private final Embedding words;
    private final Optional<Embedding> positions;
    private final Optional<Embedding> types;
    private final Optional<Linear> projection;
    private final LayerNorm norm;
    private final Dropout dropout;

    DebertaEmbeddings(EncoderConfig config, DebertaSettings settings, ParameterSource encoder) {
        final ParameterSource source = encoder.at("embeddings");
        final long width = config.embeddingWidth();
        this.words = new Embedding(
                source.at("word_embeddings"), config.vocabulary(), width, config.paddingId(), config.init());
        this.positions = settings.positionsInInput()
                ? Optional.of(
                        new Embedding(source.at("position_embeddings"), config.positions(), width, -1, config.init()))
                : Optional.empty();
        this.types = config.types() > 0
                ? Optional.of(
                        new Embedding(source.at("token_type_embeddings"), config.types(), width, -1, config.init()))
                : Optional.empty();
        this.projection = width == config.hidden()
                ? Optional.empty()
                : Optional.of(new Linear(source.at("embed_proj"), width, config.hidden(), config.init(), false));
        this.norm = new LayerNorm(source.at("LayerNorm"), config.hidden(), config.normEps());
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
        Tensor sum = words.forward(batch.get("input_ids"), context);
        if (positions.isPresent()) {
            sum = sum.add(positions.get().forward(PositionIds.counted(batch), context));
        }
        if (types.isPresent()) {
            sum = sum.add(types.get().forward(TokenTypes.of(batch), context));
        }
        final Tensor wide = projection.isPresent() ? projection.get().forward(sum, context) : sum;
        final Tensor normed = norm.forward(wide);
        final Optional<Tensor> shown = PaddingMask.shown(batch);
        return dropout.forward(shown.isPresent() ? normed.mul(shown.get()) : normed, context);
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        Value sum = words.draw(graph, TextInputs.ids(graph));
        if (positions.isPresent()) {
            sum = graph.apply("Add", sum, PositionIds.drawCounted(graph, positions.get()));
        }
        if (types.isPresent()) {
            sum = graph.apply("Add", sum, TokenTypes.draw(graph, types.get()));
        }
        final Value rows = graph.reshape(sum, -1, words.weight().shape()[1]);
        final Value wide = projection.map(linear -> linear.draw(graph, rows)).orElse(rows);
        return graph.apply("Mul", norm.draw(graph, wide), PaddingMask.drawShown(graph));
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return Optional.of(HiddenLayout.positions("attention_mask"));
    }

    @Override
    public List<Parameter> parameters() {
        final List<Module> parts = new ArrayList<>(List.of(words));
        positions.ifPresent(parts::add);
        types.ifPresent(parts::add);
        projection.ifPresent(parts::add);
        parts.add(norm);
        return Module.parametersOf(parts);
    }
}
