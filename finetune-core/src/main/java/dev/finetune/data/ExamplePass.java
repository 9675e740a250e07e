package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** One pass over a file: stops at its limit, fails at or skips bad rows, closes the file when done. */
final class ExamplePass<I> implements Iterator<Example<I>>, Closeable {
    private static final int KEPT_REASONS = 5;

    private final Path path;
    private final ReadOptions options;
    private final ExampleReader<I> reader;
    private final List<String> reasons = new ArrayList<>();
    private Consumer<ExamplePass<I>> whenDone = pass -> {};
    private long skipped;
    private long produced;
    private boolean done;
    private @Nullable Example<I> ahead;

    ExamplePass(Path path, ReadOptions options, ExampleReader.Opener<I> opener) {
        this.path = path;
        this.options = options;
        if (Files.isDirectory(path)) {
            throw new FinetuneException(path + " is a directory, expected a file.");
        }
        try {
            this.reader = opener.open();
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /** Has something done when the last row was read. */
    ExamplePass<I> whenDone(Consumer<ExamplePass<I>> action) {
        whenDone = action;
        return this;
    }

    @Override
    public boolean hasNext() {
        if (ahead == null && !done) {
            ahead = produced < options.limit() ? nextGood() : null;
            if (ahead == null) {
                done = true;
                close();
                whenDone.accept(this);
            }
        }
        return ahead != null;
    }

    @Override
    public Example<I> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        Example<I> example = Objects.requireNonNull(ahead);
        ahead = null;
        produced++;
        return example;
    }

    private @Nullable Example<I> nextGood() {
        while (true) {
            try {
                return reader.next();
            } catch (BadRow e) {
                if (!options.skipBadRows()) {
                    close();
                    throw new FinetuneException(
                            path + ", " + e.getMessage() + ". Mend it, or leave bad rows out with skipBadRows().", e);
                }
                skipped++;
                if (reasons.size() < KEPT_REASONS) {
                    reasons.add(e.getMessage());
                }
            } catch (IOException e) {
                close();
                throw unreadable(e);
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
        }
    }

    private FinetuneException unreadable(IOException e) {
        if (e instanceof NoSuchFileException) {
            return new FinetuneException(
                    "There is no file " + path + " (looked for " + path.toAbsolutePath() + ").", e);
        }
        if (e instanceof EOFException || e instanceof ZipException) {
            return new FinetuneException(
                    path + " is a damaged or cut-off gzip file (" + e.getMessage() + "). Fetch it again.", e);
        }
        return new FinetuneException(path + " can't be read: " + e, e);
    }

    long skipped() {
        return skipped;
    }

    long produced() {
        return produced;
    }

    Optional<String> remark() {
        return reader.remark();
    }

    List<String> reasons() {
        return reasons;
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
