package dev.finetune.nn;

import dev.finetune.batch.HostTensor;
import dev.finetune.internal.torch.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/** Copies numbers into tensors and out of them: what stages, heads and tasks of a family need for it. */
public final class TensorValues {
    private TensorValues() {}

    /**
     * {@return a copy of numbers as a tensor of their shape, in the current scope}
     *
     * @param host the numbers
     * @param device where it is to be, such as that of the batch
     */
    public static Tensor of(HostTensor host, Device device) {
        return Tensors.of(host, device);
    }

    /**
     * {@return a tensor's shape}
     *
     * @param tensor any (borrowed)
     */
    public static long[] shape(Tensor tensor) {
        return Tensors.shape(tensor);
    }

    /**
     * {@return a tensor's values as floats, row-major}
     *
     * @param tensor of any shape, type and device (borrowed)
     */
    public static float[] floats(Tensor tensor) {
        return Tensors.floats(tensor);
    }

    /**
     * {@return a tensor's values as floats, an array for each index of the first dimension}
     *
     * @param tensor of one dimension at least, of any type and device (borrowed)
     */
    public static float[][] rows(Tensor tensor) {
        return Tensors.rows(tensor);
    }

    /**
     * {@return a tensor's values as longs, row-major}
     *
     * @param tensor of any shape, type and device (borrowed)
     */
    public static long[] longs(Tensor tensor) {
        return Tensors.longs(tensor);
    }

    /**
     * {@return the value of a tensor of one element}
     *
     * @param tensor of any type and device (borrowed)
     */
    public static double scalar(Tensor tensor) {
        return Tensors.scalar(tensor);
    }
}
