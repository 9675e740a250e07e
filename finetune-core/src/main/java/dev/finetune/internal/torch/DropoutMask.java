package dev.finetune.internal.torch;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
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
    private static final int CHUNK = 1 << 13;

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

    /**
     * Draws a part of a mask as numbers, on this thread.
     *
     * @param floats a contiguous CPU tensor to write into: as many elements as are drawn
     * @param key picks the stream, as in {@link #draw}
     * @param keep the probability that an element is kept
     * @param from which element of the whole mask is the first
     * @param kept what is written for an element that is kept; 0 is for one that isn't
     */
    public static void drawInto(Tensor floats, long key, double keep, long from, float kept) {
        try (PointerScope scope = new PointerScope()) {
            final int count = Math.toIntExact(floats.numel());
            final ByteBuffer to = new BytePointer(floats.data_ptr())
                    .capacity((long) count * Float.BYTES)
                    .asByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN); // As every processor that LibTorch is built for has it.
            final long threshold = threshold(keep);
            final long bits = Float.floatToRawIntBits(kept) & 0xFFFFFFFFL;
            final int head = (int) Math.min(count, -from & 3);
            final int tail = head + (count - head) / 4 * 4;
            drawOneByOne(to, key, threshold, bits, from, 0, head);
            for (int i = head; i < tail; i += 4) {
                final long random = mix(key + (from + i >> 2) * GOLDEN);
                final long first = kept(random, threshold) & bits | (kept(random >>> 16, threshold) & bits) << 32;
                final long second =
                        kept(random >>> 32, threshold) & bits | (kept(random >>> 48, threshold) & bits) << 32;
                to.putLong(i * Float.BYTES, first);
                to.putLong((i + 2) * Float.BYTES, second);
            }
            drawOneByOne(to, key, threshold, bits, from, tail, count);
        }
    }

    private static void drawOneByOne(
            ByteBuffer to, long key, long threshold, long bits, long from, int first, int end) {
        for (int i = first; i < end; i++) {
            final long random = mix(key + (from + i >> 2) * GOLDEN) >>> 16 * (from + i & 3);
            to.putInt(i * Float.BYTES, (int) (kept(random, threshold) & bits));
        }
    }

    /** All bits 1 where the lowest 16-bit lane is below the threshold, 0 elsewhere. */
    private static long kept(long random, long threshold) {
        return (random & 0xFFFF) - threshold >> 63;
    }

    /** The keep probability that {@link #draw} really uses: a multiple of 2^-16. */
    public static double exactKeep(double keep) {
        return threshold(keep) / 65536.0;
    }

    private static long threshold(double keep) {
        return Math.round(keep * 65536.0);
    }

    private static void fill(LongBuffer words, long key, long threshold) {
        chunks(words.capacity(), (first, end) -> {
            for (int i = first; i < end; i++) {
                final long low = truths(mix(key + 2L * i * GOLDEN), threshold);
                final long high = truths(mix(key + (2L * i + 1) * GOLDEN), threshold);
                words.put(i, low | high << 32);
            }
        });
    }

    /** Runs over 0 to count on all cores. */
    private static void chunks(int count, Range work) {
        final int chunks = (count + CHUNK - 1) / CHUNK;
        final IntStream indices = IntStream.range(0, chunks);
        (chunks > 1 ? indices.parallel() : indices)
                .forEach(chunk -> work.run(chunk * CHUNK, Math.min(count, (chunk + 1) * CHUNK)));
    }

    private interface Range {
        void run(int first, int end);
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
