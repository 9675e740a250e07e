package dev.finetune.nn;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.RowGradient;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.internal.torch.WeightCopy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * A named tensor that training may change. Owns the tensor; closed with the network.
 *
 * <p>Frozen, it gets no gradient, no optimizer state, and no memory for either. One that is kept in few bits ({@link
 * PackedWeight}) is always frozen.
 */
public final class Parameter implements AutoCloseable {
    private final String name;
    private final Tensor value;
    private final long[] shape;
    private final boolean newlyInitialized;
    private final Optional<PackedWeight> packed;
    private final boolean turned;
    private boolean trained = true;
    private Optional<Adapter> adapter = Optional.empty();
    private boolean bias;
    private boolean aside;
    private @Nullable Tensor beforeMerge;
    private boolean operand;
    private @Nullable Tensor standIn;
    private @Nullable WeightCopy copy;
    private int fewRowsPasses;
    private long fewRowsVersion = -1;
    private boolean shared;
    private @Nullable RowGradient rows;

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
        this.packed = Optional.empty();
        this.turned = false;
        value.set_requires_grad(true);
    }

    /**
     * A frozen matrix that is kept in few bits.
     *
     * @param name the dotted name, as the library that the checkpoint came from writes it
     * @param packed (out, in), owned from now on
     * @param turned whether the parameter's shape is (in, out)
     */
    public Parameter(String name, PackedWeight packed, boolean turned) {
        final long[] matrix = packed.shape();
        this.name = name;
        this.value = packed.tensors().get(0);
        this.shape = turned ? new long[] {matrix[1], matrix[0]} : matrix;
        this.newlyInitialized = false;
        this.packed = Optional.of(packed);
        this.turned = turned;
        this.trained = false;
    }

    /** {@return the dotted name, as the library that the checkpoint came from writes it} */
    public String name() {
        return name;
    }

    /** {@return the tensor, or the codes of one that is kept in few bits; borrowed, never to be closed by the caller} */
    public Tensor value() {
        return value;
    }

    /** {@return what keeps it in few bits, borrowed; empty where nothing does} */
    public Optional<PackedWeight> packed() {
        return packed;
    }

    /** {@return its numbers in its shape: the value (borrowed), or what was unpacked, in the current scope} */
    public Tensor numbers() {
        return packed.map(weight -> turned ? weight.floats().t() : weight.floats())
                .orElse(value);
    }

    /**
     * Moves it to another device.
     *
     * @param device where to
     * @param format how it lies there
     */
    public void move(Device device, MemoryFormatOptional format) {
        if (packed.isPresent()) {
            packed.get().move(device);
        } else {
            value.set_data(value.to(device, value.scalar_type(), false, true, format));
            dropCopy();
        }
    }

    /** Uses the memory of another one of the same numbers. */
    void share(Parameter other) {
        if (packed.isPresent() && other.packed.isPresent()) {
            packed.get().share(other.packed.get());
        } else {
            value.set_data(other.value);
            dropCopy();
            shared = true;
        }
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

    /**
     * The same, but laid out only once many passes have asked for it: null until then, and where the memory is another parameter's,
     * which several networks would lay out again.
     *
     * @param matrix the value as (out, in)
     */
    synchronized @Nullable WeightCopy copyAfterManyPasses(Tensor matrix) {
        final WeightCopy there = copyThere(matrix);
        if (there != null || shared) {
            return there;
        }
        dropCopy();
        final long now = matrix.__dispatch__version();
        fewRowsPasses = now == fewRowsVersion ? fewRowsPasses + 1 : 0;
        fewRowsVersion = now;
        return WeightCopy.paysAfter(fewRowsPasses) ? copyForFewRows(matrix) : null;
    }

    /** The copy of a matrix, if it has been laid out. */
    synchronized @Nullable WeightCopy copyThere(Tensor matrix) {
        return copy != null && copy.isOf(matrix) ? copy : null;
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
        return packed.map(weight -> new Parameter(other, weight, turned))
                .orElseGet(() -> new Parameter(other, value, newlyInitialized));
    }

    /** {@return what adapts the layer that this is the weight or bias of; empty while it is merged, or set aside} */
    public Optional<Adapter> adapter() {
        return beforeMerge == null && !aside ? adapter : Optional.empty();
    }

    /** Leaves what adapts it out of all that is computed, or no longer. */
    void setAside(boolean left) {
        aside = left;
    }

    /** Whether what adapts it is in its value. */
    boolean isMerged() {
        return beforeMerge != null;
    }

    /** The parameters of what adapts it, merged or not. */
    List<Parameter> additions() {
        return adapter.map(Adapter::parameters).orElse(List.of());
    }

    /** Takes what adapts it into the value, and keeps the value that it had. */
    void merge() {
        adapter().ifPresent(addition -> {
            if (packed.isPresent()) {
                throw new IllegalStateException(name + " is kept in few bits and can't take anything in");
            }
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                beforeMerge = Tensors.own(value.detach());
                value.set_data(mergedBy(addition));
            }
            dropCopy();
        });
    }

    private Tensor mergedBy(Adapter addition) {
        return bias ? addition.mergedBias(value) : addition.merged(numbers());
    }

    /**
     * {@return the value with what adapts it taken in, in the current scope; the value itself, borrowed, where nothing does and it
     * isn't kept in few bits}
     */
    public Tensor effective() {
        return adapter().map(this::mergedBy).orElseGet(this::numbers);
    }

    /**
     * Takes over the numbers of another parameter of the same shape, with what adapts that one merged into them.
     *
     * @param other stays as it is
     */
    public void copyMerged(Parameter other) {
        packed.ifPresent(weight -> {
            throw new FinetuneException(name + " is kept in " + weight.format()
                    + ", as base(...) says, and can't take other" + " numbers: leave base(...) out.");
        });
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            value.copy_(other.effective());
        }
    }

    /** Goes back to the value before {@link #merge}, bit by bit. */
    void unmerge() {
        if (beforeMerge != null) {
            value.set_data(beforeMerge);
            dropCopy();
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
     * @throws FinetuneException if it is to be trained and kept in few bits
     */
    public void setTrained(boolean trained) {
        if (packed.isPresent()) {
            refuseTraining(trained);
            return;
        }
        this.trained = trained;
        if (trained && value.scalar_type().intern() == ScalarType.BFloat16) {
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off()) {
                value.set_data(value.to(ScalarType.Float));
            }
        }
        value.set_requires_grad(trained);
        if (!trained) {
            forgetGradient();
        }
    }

    /**
     * Says whether gradients of a table's rows may be kept by themselves ({@link #rowGradient}), for a reader of gradients that looks
     * for them; what there is of them is added to the gradient of the value otherwise.
     *
     * @param kept not by default
     */
    public void keepRowGradient(boolean kept) {
        if (rows != null && !kept) {
            rows.spread();
            rows = null;
        } else if (rows == null && kept) {
            rows = new RowGradient(value);
        }
    }

    /** {@return the gradients of rows that were looked up, borrowed; null unless they are kept by themselves} */
    public @Nullable RowGradient rowGradient() {
        return rows;
    }

    /**
     * {@return where gradients of rows are added, borrowed; null where that is the gradient of the value: unless they are kept by
     * themselves, and as soon as another use of the table has added to all of it}
     */
    @Nullable
    RowGradient rowsToAddTo() {
        if (rows != null && value.grad().defined()) {
            rows.spread();
            return null;
        }
        return rows;
    }

    /**
     * {@return the gradient, borrowed, in the current scope: of those rows alone that have one where they are kept by themselves;
     * undefined where there is none}
     */
    public Tensor gradient() {
        final RowGradient some = rows;
        if (some == null || !some.isDefined()) {
            return value.grad();
        }
        if (value.grad().defined()) {
            some.spread();
            return value.grad();
        }
        return some.values();
    }

    /** Forgets the gradient and frees its memory. */
    public void forgetGradient() {
        value.mutable_grad().reset();
        if (rows != null) {
            rows.close();
        }
    }

    private void refuseTraining(boolean asked) {
        if (asked) {
            throw new FinetuneException(name + " is kept in "
                    + packed.map(PackedWeight::format).orElse("")
                    + ", as base(...) says, and can't be trained: only what an"
                    + " adapter adds to it, and what isn't packed, learns. Leave it frozen, or leave base(...) out.");
        }
    }

    @Override
    public void close() {
        dropCopy();
        if (rows != null) {
            rows.close();
        }
        packed.ifPresentOrElse(PackedWeight::close, value::close);
        if (beforeMerge != null) {
            beforeMerge.close();
        }
    }
}
