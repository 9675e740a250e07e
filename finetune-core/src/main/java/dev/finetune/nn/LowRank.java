package dev.finetune.nn;

import dev.finetune.internal.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What LoRA adds to a linear layer: scale B A dropout(x). */
public final class LowRank implements Module {
    private final Parameter a;
    private final Parameter b;
    private final double scale;
    private final Dropout dropout;

    /**
     * An addition of low rank.
     *
     * @param a (rank, in)
     * @param b (out, rank)
     * @param scale what the product is multiplied with
     * @param dropout before {@code a}
     */
    public LowRank(Parameter a, Parameter b, double scale, Dropout dropout) {
        this.a = a;
        this.b = b;
        this.scale = scale;
        this.dropout = dropout;
    }

    /** What is added to the layer's output. */
    public Tensor forward(Tensor input, ForwardContext context) {
        final Tensor narrow = torch.linear(dropout.forward(input, context), a.value());
        return torch.linear(narrow, b.value()).mul(new Scalar(scale));
    }

    /** A weight with the addition taken in, W + scale B A, in the current scope. */
    public Tensor merged(Tensor weight) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor product = b.value().detach().matmul(a.value().detach());
            return scope.keep(weight.detach().add(product, new Scalar(scale)));
        }
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(a, b);
    }
}
