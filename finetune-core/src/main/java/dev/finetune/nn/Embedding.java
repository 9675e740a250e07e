package dev.finetune.nn;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A row of {@code weight} (rows, width) for each index. */
public final class Embedding implements Module {
    private final Parameter weight;
    private final long padding;

    /**
     * Takes {@code weight} from a source.
     *
     * @param padding the row that gets no gradient (the padding token's), or -1 for none
     */
    public Embedding(ParameterSource source, long rows, long width, long padding, Init init) {
        this.weight = source.weight(new LayerKind.Embedding(), "weight", init, rows, width);
        this.padding = padding;
    }

    /** Looks indices of any shape up: the result has one more dimension, the width. */
    public Tensor forward(Tensor indices) {
        return torch.embedding(weight.value(), indices, padding, false, false);
    }

    /** The weight, for layers that share it. */
    public Parameter weight() {
        return weight;
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(weight);
    }
}
