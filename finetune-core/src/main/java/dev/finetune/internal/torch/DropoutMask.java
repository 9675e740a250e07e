package dev.finetune.internal.torch;

import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Dropout masks from a counter-based generator: element i of a mask is a function of the key and i alone, so that the
 * bits are the same whatever the number of threads, and all cores can draw at once. LibTorch draws serially on the CPU,
 * some ten times slower.
 *
 * <p>The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): block
 * b of four elements is mix(key + b * golden), 16 bits an element. The keep probability is therefore rounded to a
 * multiple of 2^-16.
 */
public final class DropoutMask {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int CHUNK_LONGS = 1 << 13;

    static {
        Natives.load();
    }

    private DropoutMask() {}

    /**
     * Draws a mask.
     *
     * @param key picks the stream; equal keys give equal masks
     * @param keep the probability that an element is true
     * @param shape the mask's shape
     * @return a CPU tensor of booleans, in the current scope
     */
    public static Tensor draw(long key, double keep, long... shape) {
        try (TensorScope scope = TensorScope.open()) {
            long elements = 1;
            for (long size : shape) {
                elements *= size;
            }
            if (elements == 0) {
                return scope.keep(torch.empty(shape, new TensorOptions(ScalarType.Bool), null));
            }
            final long padded = (elements + 7) / 8 * 8;
            final Tensor mask = torch.empty(new long[] {padded}, new TensorOptions(ScalarType.Bool), null);
            final LongBuffer words = new BytePointer(mask.data_ptr())
                    .capacity(padded)
                    .asByteBuffer()
                    .order(ByteOrder.nativeOrder())
                    .asLongBuffer();
            fill(words, key, threshold(keep));
            return scope.keep(mask.narrow(0, 0, elements).view(shape));
        }
    }

    /** The keep probability that {@link #draw} really uses: a multiple of 2^-16. */
    public static double exactKeep(double keep) {
        return threshold(keep) / 65536.0;
    }

    private static long threshold(double keep) {
        return Math.round(keep * 65536.0);
    }

    private static void fill(LongBuffer words, long key, long threshold) {
        final int count = words.capacity();
        final int chunks = (count + CHUNK_LONGS - 1) / CHUNK_LONGS;
        final IntStream indices = IntStream.range(0, chunks);
        (chunks > 1 ? indices.parallel() : indices).forEach(chunk -> {
            final int from = chunk * CHUNK_LONGS;
            final int to = Math.min(count, from + CHUNK_LONGS);
            for (int i = from; i < to; i++) {
                final long low = truths(mix(key + 2L * i * GOLDEN), threshold);
                final long high = truths(mix(key + (2L * i + 1) * GOLDEN), threshold);
                words.put(i, low | high << 32);
            }
        });
    }

    /** Four bytes, 1 where the 16-bit lane is below the threshold, 0 elsewhere. */
    private static long truths(long random, long threshold) {
        return ((random & 0xFFFF) - threshold) >>> 63
                | (((random >>> 16 & 0xFFFF) - threshold) >>> 63) << 8
                | (((random >>> 32 & 0xFFFF) - threshold) >>> 63) << 16
                | (((random >>> 48) - threshold) >>> 63) << 24;
    }

    /** SplitMix64's finaliser: a bijection of 64 bits that changes half of them for each bit of the input. */
    public static long mix(long value) {
        long z = value;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }
}
