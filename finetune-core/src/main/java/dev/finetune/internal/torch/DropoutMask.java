package dev.finetune.internal.torch;

import dev.finetune.internal.Seeds;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Dropout masks from a counter-based generator: element i of a mask is a function of the key and i alone, so that the
 * bits are the same whatever the number of threads, and all cores can draw at once. LibTorch draws serially on the CPU.
 *
 * <p>The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): word w
 * is Seeds.mix(key + w * golden), 16 bits an element. The keep probability is therefore rounded to a multiple of 2^-16. Words
 * are drawn in blocks, by loops that the compiler turns into vector instructions: word w of a block has elements 2 w and
 * 2 w + 1 of the block's first half, and of its second half.
 */
public final class DropoutMask {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private static final int WORDS = 512;
    private static final int HALF = 2 * WORDS;
    private static final int BLOCK = 2 * HALF;
    private static final int PIECE = 1 << 16;
    private static final long[] STEPS = new long[WORDS];

    /** Of Java's own types, so that a thread that outlives this class's loader doesn't keep it. */
    private static final ThreadLocal<long[][]> BLOCKS = ThreadLocal.withInitial(() -> new long[3][WORDS]);

    static {
        Natives.load();
        for (int i = 0; i < WORDS; i++) {
            STEPS[i] = i * GOLDEN;
        }
    }

    private DropoutMask() {}

    /**
     * Draws a mask, on all cores.
     *
     * @param key picks the stream; equal keys give equal masks
     * @param keep the probability that an element is kept
     * @param kept what an element is that is kept; others are 0
     * @param shape the mask's shape
     * @return a CPU tensor of floats, in the current scope
     */
    public static Tensor draw(long key, double keep, float kept, long... shape) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor mask = torch.empty(shape);
            final Tensor flat = mask.view(-1);
            final long count = mask.numel();
            Workers.run(Math.toIntExact((count + PIECE - 1) / PIECE), (number, worker) -> {
                try (TensorScope piece = TensorScope.open()) {
                    final long from = (long) number * PIECE;
                    drawInto(flat.narrow(0, from, Math.min(PIECE, count - from)), key, keep, from, kept);
                }
            });
            return scope.keep(mask);
        }
    }

    /**
     * Draws a part of a mask, on this thread.
     *
     * @param floats a contiguous CPU tensor to write into: as many elements as are drawn
     * @param key picks the stream, as in {@link #draw}
     * @param keep the probability that an element is kept
     * @param from which element of the whole mask is the first
     * @param kept what an element is that is kept; others are 0
     */
    public static void drawInto(Tensor floats, long key, double keep, long from, float kept) {
        try (PointerScope scope = new PointerScope()) {
            final int count = Math.toIntExact(floats.numel());
            final ByteBuffer to = new BytePointer(floats.data_ptr())
                    .capacity((long) count * Float.BYTES)
                    .asByteBuffer()
                    .order(ByteOrder.LITTLE_ENDIAN); // As every processor that LibTorch is built for has it.
            final Block block = new Block(BLOCKS.get());
            final long bits = Float.floatToRawIntBits(kept) & 0xFFFFFFFFL;
            for (int at = 0; at < count; ) {
                final long number = (from + at) / BLOCK;
                final int first = (int) (from + at - number * BLOCK);
                final int end = Math.min(BLOCK, first + count - at);
                block.draw(key + number * WORDS * GOLDEN, threshold(keep), bits);
                block.copy(first, end, to);
                at += end - first;
            }
        }
    }

    /** The keep probability that {@link #draw} really uses: a multiple of 2^-16. */
    public static double exactKeep(double keep) {
        return threshold(keep) / 65536.0;
    }

    private static long threshold(double keep) {
        return Math.round(keep * 65536.0);
    }

    /** Floats of one block, two in a long. */
    private static final class Block {
        private final long[] words;
        private final long[] low;
        private final long[] high;

        Block(long[][] arrays) {
            words = arrays[0];
            low = arrays[1];
            high = arrays[2];
        }

        /** Two short loops over arrays: the compiler makes vectors of each, and nothing of one that does both. */
        void draw(long first, long threshold, long bits) {
            for (int i = 0; i < WORDS; i++) {
                words[i] = Seeds.mix(first + STEPS[i]);
            }
            for (int i = 0; i < WORDS; i++) {
                final long random = words[i];
                low[i] = (random & 0xFFFF) - threshold >> 63 & bits
                        | ((random >>> 16 & 0xFFFF) - threshold >> 63 & bits) << 32;
                high[i] = (random >>> 32 & 0xFFFF) - threshold >> 63 & bits
                        | ((random >>> 48) - threshold >> 63 & bits) << 32;
            }
        }

        /** Elements first to end - 1, to where the buffer is. */
        void copy(int first, int end, ByteBuffer to) {
            if (first < HALF) {
                copy(low, first, Math.min(end, HALF), to);
            }
            if (end > HALF) {
                copy(high, Math.max(first, HALF) - HALF, end - HALF, to);
            }
        }

        private static void copy(long[] pairs, int first, int end, ByteBuffer to) {
            int at = first;
            if ((at & 1) == 1) {
                to.putInt((int) (pairs[at++ >> 1] >>> 32));
            }
            final int whole = Math.max(0, end - at >> 1);
            to.slice().order(to.order()).asLongBuffer().put(pairs, at >> 1, whole);
            to.position(to.position() + whole * Long.BYTES);
            at += 2 * whole;
            if (at < end) {
                to.putInt((int) pairs[at >> 1]);
            }
        }
    }
}
