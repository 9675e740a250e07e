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
import dev.finetune.nn.TokenGroups;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * norm(word + type + position), dropped out, and projected to the hidden width where the embeddings are narrower:
 * {@code input_ids} (batch, length) to (batch, length, hidden).
 */
final class EmbeddingStage implements Stage {
    private final EncoderConfig config;
    private final Embedding words;
    private final Embedding positions;
    private final Optional<Embedding> types;
    private final LayerNorm norm;
    private final Dropout dropout;
    private final Optional<Linear> projection;

    /** Embeddings that are projected where their width isn't the layers' (ELECTRA). */
    static EmbeddingStage of(EncoderConfig config, ParameterSource encoder) {
        return new EmbeddingStage(
                config,
                encoder,
                config.embeddingWidth() == config.hidden() ? Optional.empty() : Optional.of("embeddings_project"));
    }

    /**
     * Takes the parameters from a source.
     *
     * @param projected the name of the projection to the hidden width, if there is one
     */
    EmbeddingStage(EncoderConfig config, ParameterSource encoder, Optional<String> projected) {
        this.config = config;
        final ParameterSource source = encoder.at("embeddings");
        final long width = config.embeddingWidth();
        this.words = new Embedding(
                source.at("word_embeddings"), config.vocabulary(), width, config.paddingId(), config.init());
        this.positions = new Embedding(
                source.at("position_embeddings"),
                config.positions(),
                width,
                config.positionsFromPadding() ? config.paddingId() : -1,
                config.init());
        this.types = config.types() == 0
                ? Optional.empty()
                : Optional.of(
                        new Embedding(source.at("token_type_embeddings"), config.types(), width, -1, config.init()));
        this.norm = new LayerNorm(source.at("LayerNorm"), width, config.normEps());
        this.dropout = new Dropout(config.hiddenDropout());
        this.projection = projected.map(name -> new Linear(encoder.at(name), width, config.hidden(), config.init()));
    }

    /** The word embeddings, which the masked-LM head shares. */
    Parameter wordEmbeddings() {
        return words.weight();
    }

    @Override
    public String name() {
        return "embeddings";
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        return TokenGroups.of(batch, "attention_mask", context)
                .map(tokens -> tokens.pad(embedded(batch, tokens::gatherNumbers, context)))
                .orElseGet(() -> embedded(batch, numbers -> numbers, context));
    }

    /** Of some of the tokens. */
    private Tensor embedded(Batch batch, UnaryOperator<Tensor> some, ForwardContext context) {
        Tensor sum = words.forward(some.apply(batch.get("input_ids")), context);
        if (types.isPresent()) {
            sum = sum.add(types.get().forward(some.apply(TokenTypes.of(batch)), context));
        }
        final Tensor places = config.positionsFromPadding()
                ? PositionIds.afterPadding(batch, config.paddingId())
                : PositionIds.counted(batch);
        sum = sum.add(positions.forward(some.apply(places), context));
        final Tensor normed = dropout.forward(norm.forward(sum), context);
        return projection.isPresent() ? projection.get().forward(normed, context) : normed;
    }

    @Override
    public Value draw(OperatorGraph graph, Value input) {
        Value sum = words.draw(graph, TextInputs.ids(graph));
        if (types.isPresent()) {
            sum = graph.apply("Add", sum, TokenTypes.draw(graph, types.get()));
        }
        sum = graph.apply(
                "Add",
                sum,
                config.positionsFromPadding()
                        ? PositionIds.drawAfterPadding(graph, positions, config.paddingId())
                        : PositionIds.drawCounted(graph, positions));
        final Value rows = graph.reshape(norm.draw(graph, sum), -1, config.embeddingWidth());
        return projection.map(linear -> linear.draw(graph, rows)).orElse(rows);
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
        final List<Module> parts = new ArrayList<>(List.of(words, positions));
        types.ifPresent(parts::add);
        parts.add(norm);
        projection.ifPresent(parts::add);
        return Module.parametersOf(parts);
    }
}
