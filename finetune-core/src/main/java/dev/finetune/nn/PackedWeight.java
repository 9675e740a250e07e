package dev.finetune.nn;

import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.LastingBlocks;
import dev.finetune.internal.torch.TensorScope;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A frozen matrix (out, in) kept in few bits, which products take after it is unpacked, for as long as each takes. Owns its
 * tensors. Safe for concurrent use.
 */
public sealed interface PackedWeight extends AutoCloseable permits Nf4Weight, Int8Weight {
    /** {@return rows and columns: (out, in)} */
    long[] shape();

    /** {@return what it is called: "4 bits (NF4)"} */
    String format();

    /**
     * Unpacks the matrix, each row divided by its {@linkplain #outputScales() scale} where there are scales.
     *
     * @param into (out, in) of floats of any type, row by row, on the weight's device
     */
    void unpack(Tensor into);

    /**
     * {@return the matrix (out, in) in a type, as {@link #unpack} gives it, in the current scope}
     *
     * @param type of floats
     */
    default Tensor unscaled(ScalarType type) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor matrix = torch.empty(
                    shape(),
                    new TensorOptions(type)
                            .device(new DeviceOptional(tensors().get(0).device())),
                    null);
            unpack(matrix);
            return scope.keep(matrix);
        }
    }

    /** {@return what each output of a product with {@link #unscaled} is multiplied with, (out), borrowed; empty for 1} */
    Optional<Tensor> outputScales();

    /** {@return all that it consists of, borrowed; first the codes} */
    List<Tensor> tensors();

    /** {@return the matrix (out, in) in 32-bit floats, in the current scope} */
    default Tensor floats() {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor unscaled = unscaled(ScalarType.Float);
            return scope.keep(outputScales()
                    .map(scales -> unscaled.mul_(scales.unsqueeze(1)))
                    .orElse(unscaled));
        }
    }

    /**
     * Moves it to where what stays lies together; closed where that fails.
     *
     * @param memory takes all that it consists of (borrowed)
     * @return this
     */
    default PackedWeight movedTo(LastingBlocks memory) {
        try {
            tensors().forEach(memory::move);
            return this;
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** {@return how many bytes it takes} */
    default long bytes() {
        return tensors().stream().mapToLong(Tensor::nbytes).sum();
    }

    /**
     * Moves it to another device.
     *
     * @param device where to
     */
    default void move(Device device) {
        try (TensorScope scope = TensorScope.open()) {
            tensors().forEach(tensor -> tensor.set_data(tensor.to(device, tensor.scalar_type())));
        }
    }

    /**
     * Uses the memory of another one of the same matrix in the same format.
     *
     * @param other stays as it is
     */
    default void share(PackedWeight other) {
        for (int i = 0; i < tensors().size(); i++) {
            tensors().get(i).set_data(other.tensors().get(i));
        }
    }

    @Override
    default void close() {
        tensors().forEach(Tensor::close);
    }
}
