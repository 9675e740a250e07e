package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.LayerNorm;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The words of the encoder or the decoder, and where they stand: norm(s words + positions); (batch, length) to (batch, length, hidden). */
final class BartEmbeddings implements Stage {
    static final double NORM_EPS = 1e-5;

    /** The first rows of the positions are never read. */
    private static final int OFFSET = 2;

    private final Side side;
    private final Embedding words;
    private final double scale;
    private final Embedding positions;
    private final LayerNorm norm;
    private final Dropout dropout;

    /**
     * Takes a side's parameters from a source, below the side's name.
     *
     * @param words shared by both sides
     */
    BartEmbeddings(Side side, BartConfig config, Embedding words, ParameterSource source) {
        final int hidden = config.hidden();
        this.side = side;
        this.words = words;
        this.scale = config.scalesWords() ? Math.sqrt((double) hidden) : 1;
        this.positions = new Embedding(
                source.at("embed_positions"), config.tokens().longest() + OFFSET, hidden, -1, config.init());
        this.norm = new LayerNorm(source.at("layernorm_embedding"), hidden, NORM_EPS);
        this.dropout = new Dropout(config.dropout());
    }

    @Override
    public String name() {
        return side.embeddings();
    }

    @Override
    public List<String> reads() {
        return List.of();
    }

    @Override
    public Tensor forward(Tensor input, Batch batch, ForwardContext context) {
        final Tensor ids = batch.get(side.column());
        final Tensor places = batch.derived("bart_places." + side.prefix(), () -> {
                    final long first = context.past() + OFFSET;
                    return Optional.of(torch.arange(
                                    new Scalar(first),
                                    new Scalar(first + ids.size(1)),
                                    new TensorOptions(ScalarType.Long))
                            .to(batch.device(), ScalarType.Long));
                })
                .orElseThrow();
        final Tensor ofWords = words.forward(ids, context);
        final Tensor scaled = scale == 1 ? ofWords : ofWords.mul(new Scalar(scale));
        return dropout.forward(norm.forward(scaled.add(positions.forward(places, context))), context);
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return side.layout();
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(words, positions, norm));
    }
}
