package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.LeafGradient;
import dev.finetune.internal.torch.RowGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

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

    /** Rows of a table, to whose gradient backward adds them in place, rather than make another table of zeros for them. */
    private Tensor addingRows(Tensor table, Tensor indices) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value;
            try (GradientMode off = GradientMode.off()) {
                value = torch.embedding(table, indices, padding, false, false);
            }
            return scope.keep(CustomGradients.outputOfLeaves(
                    value, List.of(), List.of(indices), (gradient, kept, gradients) -> {
                        final Tensor rows = gradient.reshape(-1, table.size(1));
                        final @Nullable RowGradient some = weight.rowsToAddTo();
                        if (some != null) {
                            some.add(kept.get(0), rows, padding);
                            return;
                        }
                        final Tensor places = kept.get(0).flatten();
                        LeafGradient.sum(table)
                                .index_add_(0, places, padding < 0 ? rows : withoutPadding(rows, places));
                    }));
        }
    }

    private Tensor withoutPadding(Tensor rows, Tensor places) {
        return rows.masked_fill(places.eq(new Scalar(padding)).unsqueeze(1), new Scalar(0));
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
            final Tensor table = weight.value();
            return CustomGradients.payFor(table) && LeafGradient.isWantedOf(table)
                    ? addingRows(table, indices)
                    : Mixed.asFloats(torch.embedding(table, indices, padding, false, false));
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
