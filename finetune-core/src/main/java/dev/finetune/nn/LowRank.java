package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What LoRA adds to a linear layer, a convolution or an embedding, scale B A dropout(x); with a magnitude, DoRA (Liu et
 * al., "DoRA: weight-decomposed low-rank adaptation", 2024): the layer's weight is m (W + scale B A) / |W + scale B A|,
 * norms taken for each output and held constant where gradients are taken, as PEFT computes it. An embedding counts as
 * a linear layer of one-hot vectors, W being its transposed weight (width, rows).
 */
public final class LowRank implements Adapter {
    private final LayerKind kind;
    private final Parameter base;
    private final Parameter a;
    private final Parameter b;
    private final double scale;
    private final Dropout dropout;
    private final Optional<Parameter> magnitude;

    /**
     * An addition of low rank.
     *
     * @param kind of the layer
     * @param base the layer's own weight (borrowed): (out, in), (out, in, height, width) of a convolution, (rows, width) of
     *     an embedding
     * @param a (rank, in), (rank, in, height, width), (rank, rows)
     * @param b (out, rank), (out, rank, 1, 1), (width, rank)
     * @param scale what the product is multiplied with
     * @param dropout before {@code a}
     * @param magnitude m, as many numbers as there are outputs; empty for LoRA
     */
    public LowRank(
            LayerKind kind,
            Parameter base,
            Parameter a,
            Parameter b,
            double scale,
            Dropout dropout,
            Optional<Parameter> magnitude) {
        this.kind = kind;
        this.base = base;
        this.a = a;
        this.b = b;
        this.scale = scale;
        this.dropout = dropout;
        this.magnitude = magnitude;
    }

    @Override
    public Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context) {
        final Tensor plain = layer.plain(input);
        final Tensor dropped = dropout.forward(input, context);
        final Tensor low = layer.mix(layer.apply(dropped, a.value()).mul(new Scalar(scale)), b.value());
        if (magnitude.isEmpty()) {
            return plain.add(low);
        }
        final Tensor factor = layer.perChannel(magnitude.get().value().flatten().div(norms(layer)));
        final boolean drops = context.training() && dropout.probability() > 0;
        final Tensor own = drops ? layer.apply(dropped, layer.weight()) : layer.unbiased(plain);
        return plain.add(factor.sub(new Scalar(1)).mul(own)).add(factor.mul(low));
    }

    /** As {@link #norms(Tensor)}, of a layer's own weight, which may be made for it. */
    private Tensor norms(AdaptedLayer layer) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(norms(layer.weight()));
        }
    }

    /** The norm of each output's weights, (out), in the current scope: without a gradient. */
    private Tensor norms(Tensor weight) {
        try (GradientMode off = GradientMode.off();
                TensorScope scope = TensorScope.open()) {
            final Tensor sum = sum(weight);
            return scope.keep(
                    sum.reshape(sum.size(0), -1).pow(new Scalar(2)).sum(1).sqrt());
        }
    }

    /** W + scale B A, in the shape of W. */
    private Tensor sum(Tensor weight) {
        final Tensor wide = b.value().detach().reshape(b.shape()[0], -1);
        final Tensor narrow = a.value().detach().reshape(a.shape()[0], -1);
        return weight.detach().add(wide.matmul(narrow).reshape(Tensors.shape(weight)), new Scalar(scale));
    }

    /** The weight with the outputs first, or back. */
    private Tensor oriented(Tensor weight) {
        return kind.outputsLast() ? weight.t() : weight;
    }

    /** Begins with the layer as it is: m = |W + scale B A|. */
    public void settle() {
        magnitude.ifPresent(m -> {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                m.value().copy_(norms(oriented(base.numbers())).reshape(m.shape()));
            }
        });
    }

    @Override
    public Tensor merged(Tensor weight) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor own = oriented(weight);
            final Tensor sum = sum(own);
            if (magnitude.isEmpty()) {
                return scope.keep(oriented(sum).contiguous());
            }
            final long[] perOutput = Tensors.shape(own);
            Arrays.fill(perOutput, 1, perOutput.length, 1);
            final Tensor factor = magnitude.get().value().detach().flatten().div(norms(own));
            return scope.keep(oriented(sum.mul(factor.reshape(perOutput))).contiguous());
        }
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(a, b));
        magnitude.ifPresent(all::add);
        return all;
    }
}
