package dev.finetune.fuzz;

import com.sun.management.ThreadMXBean;
import dev.finetune.error.FinetuneException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/**
 * What holds for every reader and every input: it reads it, or throws our own exception with the file's name and a reason;
 * in a second of the processor's time, and with so much heap as is said of it, and some for each byte of the input.
 */
public final class FuzzCheck {
    /** Of heap for each byte of a small input: it is read, decoded, parsed, and told of in a message. */
    private static final long PER_BYTE = 64;

    private static final long MOST_NANOS = 1_000_000_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final FuzzedReader reader;
    private final Path folder;
    private long inputs;

    /** Checks a reader. */
    public FuzzCheck(FuzzedReader reader) {
        this.reader = reader;
        this.folder = FuzzInput.newFolder();
    }

    /** Reads once; again, if that took long, since the first time loads classes. */
    public void check(byte[] bytes) {
        inputs++;
        try {
            checkOnce(bytes);
        } catch (Exceeded e) {
            checkOnce(bytes);
        }
    }

    /** How many inputs it was given. */
    @Override
    public String toString() {
        return reader.name() + ": " + inputs + " inputs";
    }

    private void checkOnce(byte[] bytes) {
        final long thread = Thread.currentThread().getId();
        final long before = THREADS.getThreadAllocatedBytes(thread);
        final long start = THREADS.getCurrentThreadCpuTime();
        try {
            reader.reading().read(new FuzzInput(bytes, folder, reader.fileName()));
        } catch (FinetuneException e) {
            if (e.getMessage() == null || !e.getMessage().contains(reader.fileName())) {
                throw new AssertionError(reader.name() + ": the exception doesn't name " + reader.fileName(), e);
            }
        } catch (Exception | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(reader.name() + ": " + e, e);
        }
        final long nanos = THREADS.getCurrentThreadCpuTime() - start;
        if (nanos > MOST_NANOS) {
            throw new Exceeded(reader.name() + ": it took " + nanos / 1_000_000 + " ms for " + bytes.length + " bytes");
        }
        final long taken = THREADS.getThreadAllocatedBytes(thread) - before;
        if (taken > reader.freeHeap() + PER_BYTE * bytes.length) {
            throw new Exceeded(reader.name() + ": it took " + taken + " bytes of heap for " + bytes.length + " bytes");
        }
    }

    /** More of something than there should be. */
    private static final class Exceeded extends AssertionError {
        private static final long serialVersionUID = 1;

        Exceeded(String message) {
            super(message);
        }
    }
}
