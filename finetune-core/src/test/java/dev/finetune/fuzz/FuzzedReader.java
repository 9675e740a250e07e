package dev.finetune.fuzz;

import java.util.List;

/**
 * A reader of files that others wrote, as fuzzing sees it.
 *
 * @param name of the reader, and of the folder of its finds
 * @param fileName what its file is called, which an exception has to say; empty where bytes of memory are read
 * @param seeds small files that it reads
 * @param freeHeap bytes of heap that it may take beside some for each byte of the input
 * @param reading reads a file, to its end
 */
public record FuzzedReader(String name, String fileName, List<byte[]> seeds, long freeHeap, Reading reading) {
    private static final long USUAL_HEAP = 16L << 20;

    /** One that takes 16 MB at most, and some for each byte of the input. */
    public FuzzedReader(String name, String fileName, List<byte[]> seeds, Reading reading) {
        this(name, fileName, seeds, USUAL_HEAP, reading);
    }

    /** Reads what was put into a file, or into memory. */
    public interface Reading {
        /**
         * Reads.
         *
         * @param input gives the bytes
         * @throws Exception for what can't be read: a {@link dev.finetune.error.FinetuneException} or a failed test
         */
        void read(FuzzInput input) throws Exception;
    }
}
