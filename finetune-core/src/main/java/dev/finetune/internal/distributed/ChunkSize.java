package dev.finetune.internal.distributed;

/**
 * How many floats travel at once: few where the cores share a cache, so that they never leave it, and many where they don't, so that
 * they are in memory by the time another core asks for them, which is faster than taking them out of another's cache. Which it is can
 * change under way, as a virtual machine is moved from core to core. So both are tried now and then, and what was faster of late is
 * taken.
 */
final class ChunkSize {
    private static final int SMALL = 1 << 18;
    private static final int CALLS_BETWEEN_TRIALS = 16;

    /** Sums of fewer floats tell nothing. */
    private static final long TELLING = 1L << 22;

    private final int[] sizes;
    private final double[] nanosPerFloat;
    private int calls;

    ChunkSize(int most) {
        this.sizes = most > SMALL ? new int[] {SMALL, most} : new int[] {most};
        this.nanosPerFloat = new double[sizes.length];
    }

    /** Which to take for a sum of so many floats. */
    int next(long floats) {
        return sizes[choice(floats)];
    }

    private int choice(long floats) {
        if (sizes.length == 1 || floats < TELLING) {
            return 0;
        }
        for (int i = 0; i < sizes.length; i++) {
            if (nanosPerFloat[i] == 0) {
                return i;
            }
        }
        final int faster = nanosPerFloat[0] <= nanosPerFloat[1] ? 0 : 1;
        calls++;
        return calls % CALLS_BETWEEN_TRIALS == 0 ? 1 - faster : faster;
    }

    /** How long a sum took. */
    void took(int size, long floats, long nanos) {
        if (floats >= TELLING) {
            nanosPerFloat[size == sizes[0] ? 0 : 1] = (double) nanos / floats;
        }
    }
}
