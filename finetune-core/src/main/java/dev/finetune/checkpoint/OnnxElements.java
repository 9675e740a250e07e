package dev.finetune.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Elements of an ONNX file's tensors that aren't simply copied. */
final class OnnxElements {
    private static final int HALF_EXPONENT_BIAS = 15;
    private static final int HALF_MANTISSA_BITS = 10;

    private OnnxElements() {}

    /** The next element of a small constant; a float as the shortest decimal number that it stands for. */
    static double next(DType dtype, ByteBuffer bytes) {
        return switch (dtype) {
            case BOOL, I8 -> bytes.get();
            case U8 -> bytes.get() & 0xff;
            case I16 -> bytes.getShort();
            case F16 -> half(bytes.getShort());
            case BF16 -> Float.intBitsToFloat(bytes.getShort() << Short.SIZE);
            case I32 -> bytes.getInt();
            case F32 -> decimal(bytes.getFloat());
            case F64 -> bytes.getDouble();
            case I64 -> bytes.getLong();
        };
    }

    /** The decimal number that was meant: 1e-12 and not the float next to it. */
    static double decimal(float value) {
        return Double.parseDouble(Float.toString(value));
    }

    /** IEEE half precision, which Java converts since 20. */
    private static double half(short bits) {
        final int exponent = (bits >> HALF_MANTISSA_BITS) & 0x1f;
        final int mantissa = bits & 0x3ff;
        final double sign = bits < 0 ? -1 : 1;
        if (exponent == 0x1f) {
            return mantissa == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        final int whole = exponent == 0 ? mantissa : mantissa | 1 << HALF_MANTISSA_BITS;
        return sign * Math.scalb((double) whole, Math.max(1, exponent) - HALF_EXPONENT_BIAS - HALF_MANTISSA_BITS);
    }

    /**
     * Elements that are written as whole numbers of changing length: 16-bit floats as their bits.
     *
     * @throws IOException if there are others than so many
     */
    static ByteBuffer unpack(FileRegion in, StoredTensor stored) throws IOException {
        if (stored.elements() > in.remaining() || stored.bytes() > Integer.MAX_VALUE - 8) {
            throw new EOFException("it has fewer elements than its shape says, or too many");
        }
        final ByteBuffer bytes = ByteBuffer.allocate((int) stored.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            put(stored.dtype(), number(in), bytes);
        }
        if (in.remaining() > 0) {
            throw new IOException("it has more elements than its shape says");
        }
        return bytes.flip();
    }

    private static long number(FileRegion in) throws IOException {
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            final int next = in.read();
            if (next < 0) {
                throw new EOFException("it has fewer elements than its shape says");
            }
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IOException("an element has more than 10 bytes");
    }

    private static void put(DType dtype, long value, ByteBuffer bytes) {
        switch (dtype.bytes()) {
            case 1 -> bytes.put((byte) value);
            case 2 -> bytes.putShort((short) value);
            case 4 -> bytes.putInt((int) value);
            default -> bytes.putLong(value);
        }
    }
}
