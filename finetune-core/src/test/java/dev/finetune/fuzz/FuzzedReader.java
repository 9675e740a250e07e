package dev.finetune.fuzz;

import java.util.List;

/**
 * A reader of files that others wrote, as fuzzing sees it.
 *
 * @param name of the reader, and of the folder of its finds
 * @param fileName what its file is called, which an exception has to say; empty where bytes of memory are read
 * @param seeds small files that it reads
 * @param reading reads a file, to its end
 */
public record FuzzedReader(String name, String fileName, List<byte[]> seeds, Reading reading) {
    /** Reads what was put into a file, or into memory. */
    public interface Reading {
        /**
         * Reads.
         *
         * @param input gives the bytes
         * @throws Exception for what can't be read: a {@link dev.finetune.FinetuneException} or a failed test
         */
        void read(FuzzInput input) throws Exception;
    }
}
