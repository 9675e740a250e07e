package dev.finetune.internal.torch;

import org.bytedeco.pytorch.Tensor;

/**
 * The gradient of a leaf, added to where it lies. What autograd is handed for a leaf it copies, or holds beside what another use of
 * the leaf gave, until both are added: of a matrix over a large vocabulary, which embeddings and output share, two or three times
 * what is needed.
 */
public final class LeafGradient {
    private LeafGradient() {}

    /** Whether a tensor is a leaf that wants a gradient. */
    public static boolean isWantedOf(Tensor tensor) {
        return tensor.requires_grad() && tensor.is_leaf();
    }

    /**
     * Adds to the gradient of a leaf.
     *
     * @param gradient in the leaf's shape and type; where there was none, the leaf takes its memory over, and nothing else may write
     *     into it any more
     */
    public static void add(Tensor leaf, Tensor gradient) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            if (leaf.grad().defined()) {
                leaf.grad().add_(gradient);
            } else {
                leaf.mutable_grad().put(gradient);
            }
        }
    }

    /** The gradient of a leaf, to be added to in place; zeros where there was none; in the current scope. */
    public static Tensor sum(Tensor leaf) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            if (!leaf.grad().defined()) {
                leaf.mutable_grad().put(Tensors.zerosLike(leaf));
            }
            return scope.keep(Tensors.gradient(leaf));
        }
    }
}
