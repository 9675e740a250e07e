package dev.finetune.lm.seq2seq;

import dev.finetune.nn.Batch;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Embedding;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HiddenLayout;
import dev.finetune.nn.Module;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The words of the encoder or the decoder, with the table of distances that all layers of that side read: it is frozen, and takes
 * its learning rate, as the words do. (batch, length) to (batch, length, hidden).
 */
final class T5Embeddings implements Stage {
    private final Side side;
    private final Embedding words;
    private final RelativeScores scores;
    private final Dropout dropout;

    /**
     * Puts the parts together.
     *
     * @param words shared by both sides
     * @param scores of this side
     */
    T5Embeddings(Side side, Embedding words, RelativeScores scores, Dropout dropout) {
        this.side = side;
        this.words = words;
        this.scores = scores;
        this.dropout = dropout;
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
        return dropout.forward(words.forward(batch.get(side.column()), context), context);
    }

    @Override
    public Optional<HiddenLayout> layout() {
        return side.layout();
    }

    @Override
    public List<Parameter> parameters() {
        return Module.parametersOf(List.of(words, scores));
    }
}
