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
    private final int index;
    private final int count;
    private final List<String> reasons = new ArrayList<>();
    private Consumer<ExamplePass<I>> whenDone = pass -> {};
    private long skipped;
    private long produced;
    private long row;
    private boolean done;
    private @Nullable Example<I> ahead;

    ExamplePass(Path path, ReadOptions options, ExampleReader.Opener<I> opener) {
        this(path, options, opener, 0, 1);
    }

    /** Of the rows, good or bad, every so-manieth, counted from an index; the others are passed over. */
    ExamplePass(Path path, ReadOptions options, ExampleReader.Opener<I> opener, int index, int count) {
        this.path = path;
        this.options = options;
        this.index = index;
        this.count = count;
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
            ahead = nextGood();
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
                return isWithinLimit() && findOwn() ? reader.next() : null;
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

    /** Where bad rows are left out, the limit is one of good rows. */
    private boolean isWithinLimit() {
        return (options.skipBadRows() ? produced : row) < options.limit();
    }

    /** Whether there may be a row that belongs to this part, before which reading stands then. */
    private boolean findOwn() throws IOException {
        for (; row % count != index; row++) {
            if (!isWithinLimit() || !reader.skip()) {
                return false;
            }
        }
        if (!isWithinLimit()) {
            return false;
        }
        row++;
        return true;
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
