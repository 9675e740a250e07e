package dev.finetune.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a checkpoint says of one of its tensors, known without reading its data.
 *
 * @param name the tensor's name, as {@link Weights#names()} gives it
 * @param dtype the type of its elements in the file
 * @param shape its sizes; empty for a single number
 * @param file the file that holds it
 */
public record StoredTensor(String name, DType dtype, long[] shape, Path file) {
    /** Copies the shape. */
    public StoredTensor {
        shape = shape.clone();
    }

    /** {@return the sizes, as a copy} */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** {@return how many elements it has: the product of the sizes} */
    public long elements() {
        long elements = 1;
        for (long size : shape) {
            elements *= size;
        }
        return elements;
    }

    /** {@return how many bytes its elements take, in the stored type} */
    public long bytes() {
        return elements() * dtype.bytes();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof StoredTensor that
                && name.equals(that.name)
                && dtype == that.dtype
                && Arrays.equals(shape, that.shape)
                && file.equals(that.file);
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, dtype, Arrays.hashCode(shape), file);
    }

    /** Such as {@code pooler.dense.weight: float32 [768, 768] in model.safetensors}. */
    @Override
    public String toString() {
        return name + ": " + dtype.torchName() + " " + Arrays.toString(shape) + " in " + file.getFileName();
    }
}
