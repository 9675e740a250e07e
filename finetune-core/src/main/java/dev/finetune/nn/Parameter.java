package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.WeightCopy;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A named tensor that training may change. Owns the tensor; closed with the network.
 *
 * <p>Frozen, it gets no gradient, no optimizer state, and no memory for either.
 */
public final class Parameter implements AutoCloseable {
    private final String name;
    private final Tensor value;
    private final long[] shape;
    private final boolean newlyInitialized;
    private boolean trained = true;
    private Optional<Adapter> adapter = Optional.empty();
    private boolean bias;
    private @Nullable Tensor beforeMerge;
    private boolean operand;
    private @Nullable Tensor standIn;
    private @Nullable WeightCopy copy;

    /**
     * Takes ownership of a tensor.
     *
     * @param name the dotted name, as the library that the checkpoint came from writes it
     * @param value an owned tensor
     * @param newlyInitialized whether it was newly initialised rather than loaded
     */
    public Parameter(String name, Tensor value, boolean newlyInitialized) {
        this.name = name;
        this.value = value;
        this.shape = Tensors.shape(value);
        this.newlyInitialized = newlyInitialized;
        value.set_requires_grad(true);
    }

    /** {@return the dotted name, as the library that the checkpoint came from writes it} */
    public String name() {
        return name;
    }

    /** {@return the tensor; borrowed, never to be closed by the caller} */
    public Tensor value() {
        return value;
    }

    /** Says that products take it, which are computed in 16 bits in mixed precision. */
    void markOperand() {
        operand = true;
    }

    /** Whether products take it. */
    boolean isOperand() {
        return operand;
    }

    /** What products take: the tensor, or what stands for it now; borrowed. */
    Tensor operand() {
        return standIn == null ? value : standIn;
    }

    /** Has products take another tensor of that shape (borrowed), or, given null, its own again. */
    void standIn(@Nullable Tensor other) {
        standIn = other;
    }

    /**
     * A copy of a matrix for products with few rows, laid out the first time and again when the matrix has changed; null where there
     * is no memory for it.
     *
     * @param matrix the value as (out, in)
     */
    synchronized @Nullable WeightCopy copyForFewRows(Tensor matrix) {
        if (copy == null || !copy.isOf(matrix)) {
            dropCopy();
            copy = WeightCopy.of(matrix);
        }
        return copy;
    }

    /** Frees the copy that few rows are multiplied with, if there is one. */
    public synchronized void dropCopy() {
        if (copy != null) {
            copy.close();
            copy = null;
        }
    }

    /** {@return the shape} */
    public long[] shape() {
        return shape.clone();
    }

    /** {@return how many numbers it holds} */
    public long count() {
        return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    }

    /** {@return whether it was newly initialised rather than loaded from a checkpoint} */
    public boolean isNewlyInitialized() {
        return newlyInitialized;
    }

    /**
     * {@return the same tensor under another name; this object must not be used or closed any more}
     *
     * @param other the dotted name
     */
    public Parameter renamed(String other) {
        return new Parameter(other, value, newlyInitialized);
    }

    /** {@return what adapts the layer that this is the weight or bias of; empty while it is merged} */
    public Optional<Adapter> adapter() {
        return beforeMerge == null ? adapter : Optional.empty();
    }

    /** The parameters of what adapts it, merged or not. */
    List<Parameter> additions() {
        return adapter.map(Adapter::parameters).orElse(List.of());
    }

    /** Takes what adapts it into the value, and keeps the value that it had. */
    void merge() {
        adapter().ifPresent(addition -> {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                beforeMerge = Tensors.own(value.detach());
                value.set_data(mergedBy(addition));
            }
        });
    }

    private Tensor mergedBy(Adapter addition) {
        return bias ? addition.mergedBias(value) : addition.merged(value);
    }

    /** {@return the value with what adapts it taken in, in the current scope; the value itself, borrowed, where nothing does} */
    public Tensor effective() {
        return adapter().map(this::mergedBy).orElse(value);
    }

    /**
     * Takes over the numbers of another parameter of the same shape, with what adapts that one merged into them.
     *
     * @param other stays as it is
     */
    public void copyMerged(Parameter other) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            value.copy_(other.effective());
        }
    }

    /** Goes back to the value before {@link #merge}, bit by bit. */
    void unmerge() {
        if (beforeMerge != null) {
            value.set_data(beforeMerge);
            beforeMerge.close();
            beforeMerge = null;
        }
    }

    /**
     * Adapts the layer that this is the weight of.
     *
     * @param addition owned by whoever adds it
     */
    public void adapt(Adapter addition) {
        this.adapter = Optional.of(addition);
    }

    /**
     * Adapts the layer that this is the bias of, as {@link #adapt} does its weight.
     *
     * @param addition one that changes the bias; owned by whoever adds it
     */
    public void adaptBias(Adapter addition) {
        this.adapter = Optional.of(addition);
        this.bias = true;
    }

    /** {@return whether training changes it} */
    public boolean isTrained() {
        return trained;
    }

    /**
     * Freezes (false) or unfreezes (true) it; a frozen parameter's gradient is freed, and one in 16 bits becomes one of 32-bit
     * floats before it is trained.
     *
     * @param trained whether it gets gradients
     */
    public void setTrained(boolean trained) {
        this.trained = trained;
        if (trained && value.scalar_type().intern() == ScalarType.BFloat16) {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                value.set_data(value.to(ScalarType.Float));
            }
        }
        value.set_requires_grad(trained);
        if (!trained) {
            value.mutable_grad().reset();
        }
    }

    @Override
    public void close() {
        dropCopy();
        value.close();
        if (beforeMerge != null) {
            beforeMerge.close();
        }
    }
}
