package dev.finetune.batch;

/**
 * A tensor's contents on the Java side, row-major: made by collating threads, copied to native memory by the thread
 * that computes.
 */
public sealed interface HostTensor {
    /** {@return the tensor's shape} */
    long[] shape();

    /**
     * 64-bit integers.
     *
     * @param data row-major
     * @param shape the sizes, whose product is the number of data
     */
    record Longs(long[] data, long... shape) implements HostTensor {}

    /**
     * 32-bit floats.
     *
     * @param data row-major
     * @param shape the sizes, whose product is the number of data
     */
    record Floats(float[] data, long... shape) implements HostTensor {}
}
