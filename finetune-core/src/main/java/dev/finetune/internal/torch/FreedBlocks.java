package dev.finetune.internal.torch;

import com.sun.jna.Platform;
import dev.finetune.internal.natives.Jna;

/**
 * What the C library's allocator does with large blocks that are freed, in the whole process. By itself glibc gives those
 * above a size that it adapts back to the system, and the next step pays for fresh pages: 6 of the 7 ms that GELU takes for
 * 2048 x 3072 numbers. So blocks are kept and used again, until a training ends or a model is closed.
 */
public final class FreedBlocks {
    /** glibc's numbers of the settings of mallopt. */
    private static final int M_TRIM_THRESHOLD = -1;

    private static final int M_TOP_PAD = -2;
    private static final int M_MMAP_THRESHOLD = -3;

    /** The largest blocks that are kept, in bytes. */
    private static final int LARGEST = 1 << 30;

    /** The most that glibc before 2.35 takes for it. */
    private static final int LARGEST_OF_OLD = 32 << 20;

    private FreedBlocks() {}

    /** Tells the allocator, on Linux, unless {@code MALLOC_MMAP_THRESHOLD_} is set in the environment. */
    static void keep() {
        if (Platform.isLinux() && System.getenv("MALLOC_MMAP_THRESHOLD_") == null) {
            keep((parameter, value) -> Jna.callC("mallopt", parameter, value) != 0);
        }
    }

    /** An allocator's settings by mallopt's numbers. */
    interface Settings {
        /** Whether it takes a value. */
        boolean set(int parameter, int value);
    }

    /** Tells an allocator. */
    static void keep(Settings allocator) {
        // Any setting that it takes ends its adapting: without a threshold of ours that would leave it at 128 KB.
        if (allocator.set(M_MMAP_THRESHOLD, LARGEST) || allocator.set(M_MMAP_THRESHOLD, LARGEST_OF_OLD)) {
            allocator.set(M_TRIM_THRESHOLD, Integer.MAX_VALUE);
            allocator.set(M_TOP_PAD, 128 << 20);
        }
    }

    /** Gives free memory back to the system, on Linux. */
    public static void giveBack() {
        if (Platform.isLinux()) {
            Jna.callC("malloc_trim", 0L);
        }
    }
}
