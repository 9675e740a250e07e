package dev.finetune.checkpoint;

import java.util.Arrays;

/** Arithmetic of shapes that nobody has checked yet. */
final class TensorShape {
    private TensorShape() {}

    /**
     * The product of the sizes.
     *
     * @throws ArithmeticException when it, or the product without the zeros, can't be counted in a long
     */
    static long elements(long[] shape) {
        long product = 1;
        boolean empty = false;
        for (long size : shape) {
            empty |= size == 0;
            product = Math.multiplyExact(product, Math.max(1, size));
        }
        return empty ? 0 : product;
    }

    /**
     * How many elements of a storage a view reaches into, counted from its first: 0 when it has none, else 1 + the sum
     * of (size - 1) * stride.
     *
     * @throws ArithmeticException when that can't be counted in a long
     */
    static long span(long[] shape, long[] strides) {
        if (elements(shape) == 0) {
            return 0;
        }
        long span = 1;
        for (int i = 0; i < shape.length; i++) {
            span = Math.addExact(span, Math.multiplyExact(shape[i] - 1, strides[i]));
        }
        return span;
    }

    static String text(long[] shape) {
        return Arrays.toString(shape);
    }
}
