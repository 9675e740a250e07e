package dev.finetune.internal.torch;

import com.sun.jna.Platform;

/**
 * What the C library's allocator does with large blocks that are freed, in the whole process. By itself glibc gives those
 * above a size that it adapts back to the system, and the next step pays for fresh pages: 6 of the 7 ms that GELU takes for
 * 2048 x 3072 numbers. So blocks are kept and used again, until a training ends.
 */
public final class FreedBlocks {
    /** glibc's numbers of the settings of mallopt. */
    private static final int M_TRIM_THRESHOLD = -1;

    private static final int M_TOP_PAD = -2;
    private static final int M_MMAP_THRESHOLD = -3;

    private FreedBlocks() {}

    /** Tells the allocator, on Linux, unless {@code MALLOC_MMAP_THRESHOLD_} is set in the environment. */
    static void keep() {
        if (Platform.isLinux() && System.getenv("MALLOC_MMAP_THRESHOLD_") == null) {
            Natives.callC("mallopt", M_MMAP_THRESHOLD, 1 << 30);
            Natives.callC("mallopt", M_TRIM_THRESHOLD, Integer.MAX_VALUE);
            Natives.callC("mallopt", M_TOP_PAD, 128 << 20);
        }
    }

    /** Gives free memory back to the system, on Linux. */
    public static void giveBack() {
        if (Platform.isLinux()) {
            Natives.callC("malloc_trim", 0L);
        }
    }
}
