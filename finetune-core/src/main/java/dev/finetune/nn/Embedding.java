package dev.finetune.nn;

import dev.finetune.nn.OperatorGraph.Value;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A row of {@code weight} (rows, width) for each index. */
public final class Embedding implements Module {
    private final Parameter weight;
    private final long padding;
    private final AdaptedLayer layer = new Layer();

    /**
     * Takes {@code weight} from a source.
     *
     * @param source where the parameters come from, by their names
     * @param rows how many indices there are
     * @param width of a row
     * @param padding the row that gets no gradient (the padding token's), or -1 for none
     * @param init how parameters start that the checkpoint lacks
     */
    public Embedding(ParameterSource source, long rows, long width, long padding, Init init) {
        this.weight = source.weight(new LayerKind.Embedding(), "weight", init, rows, width);
        this.padding = padding;
    }

    /**
     * Looks indices of any shape up, and what adapts the layer: the result has one more dimension, the width.
     *
     * @param indices whole numbers below the number of rows
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (..., width), in the current scope
     */
    public Tensor forward(Tensor indices, ForwardContext context) {
        return weight.adapter()
                .map(adapter -> adapter.forward(indices, layer, context))
                .orElseGet(() -> layer.plain(indices));
    }

    /**
     * Draws the layer, with what adapts it.
     *
     * @param graph where
     * @param indices whole numbers of any shape
     * @return (..., width)
     */
    public Value draw(OperatorGraph graph, Value indices) {
        return graph.apply("Gather", graph.of(weight), indices);
    }

    /** {@return the weight, for layers that share it} */
    public Parameter weight() {
        return weight;
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(weight));
        all.addAll(weight.additions());
        return all;
    }

    /** As a linear layer of one-hot vectors: its weight is the transposed one, (width, rows). */
    private final class Layer implements AdaptedLayer {
        @Override
        public Tensor weight() {
            return Mixed.asFloats(weight.value()).t();
        }

        @Override
        public Tensor plain(Tensor indices) {
            return Mixed.asFloats(torch.embedding(weight.value(), indices, padding, false, false));
        }

        @Override
        public Tensor apply(Tensor indices, Tensor other) {
            return torch.embedding(other.t(), indices, padding, false, false);
        }

        @Override
        public Tensor unbiased(Tensor output) {
            return output;
        }
    }
}
