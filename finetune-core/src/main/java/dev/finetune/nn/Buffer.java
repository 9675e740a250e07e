package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * A named tensor that belongs to a model's state and is saved with it, but that no gradient changes: a batch norm's
 * running statistics, say. Owns the tensor; closed with the network.
 */
public final class Buffer implements AutoCloseable {
    private final String name;
    private final Tensor value;

    /**
     * Takes ownership of a tensor.
     *
     * @param name the dotted name, as the library that the checkpoint came from writes it
     * @param value an owned tensor
     */
    public Buffer(String name, Tensor value) {
        this.name = name;
        this.value = value;
    }

    /** {@return the dotted name, as the library that the checkpoint came from writes it} */
    public String name() {
        return name;
    }

    /** {@return the tensor; borrowed, never to be closed by the caller} */
    public Tensor value() {
        return value;
    }

    /**
     * {@return the same buffer under another name; this object must not be used or closed any more}
     *
     * @param other the dotted name
     */
    public Buffer renamed(String other) {
        return new Buffer(other, value);
    }

    @Override
    public void close() {
        value.close();
    }
}
