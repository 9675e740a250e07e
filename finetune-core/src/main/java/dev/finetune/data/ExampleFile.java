package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A file of examples as a data set, in memory or streamed: what all readers share. */
record ExampleFile<I>(Path path, Class<I> type, ReadOptions options, ExampleReader.Opener<I> opener) {
    private static final Logger LOG = LoggerFactory.getLogger(ExampleFile.class);

    Dataset<I> dataset() {
        return options.streamed() ? streamed() : inMemory();
    }

    private Dataset<I> inMemory() {
        try (ExamplePass<I> pass = new ExamplePass<>(path, options, opener)) {
            List<Example<I>> examples = new ArrayList<>();
            pass.forEachRemaining(examples::add);
            requireSome(examples.size(), pass);
            log(pass);
            String skipped = pass.skipped() == 0 ? "" : ", " + pass.skipped() + " skipped";
            return new ListDataset<>(type, examples, shortName() + ", " + rows(examples.size()) + skipped);
        }
    }

    /** Looks at the first row at once, so that a wrong path or column is told here and not in the first epoch. */
    private Dataset<I> streamed() {
        try (ExamplePass<I> pass = new ExamplePass<>(path, options, opener)) {
            requireSome(pass.hasNext() ? 1 : 0, pass);
        }
        AtomicBoolean logged = new AtomicBoolean();
        return new StreamedDataset<>(type, (index, count) -> part(index, count, logged), shortName() + ", streamed");
    }

    /** Which rows are the first good ones is known only once all before them are read. */
    private Stream<Example<I>> part(int index, int count, AtomicBoolean logged) {
        return options.skipBadRows() && options.limit() < Long.MAX_VALUE
                ? Shards.of(stream(0, 1, logged), index, count)
                : stream(index, count, logged);
    }

    private Stream<Example<I>> stream(int index, int count, AtomicBoolean logged) {
        ExamplePass<I> pass = new ExamplePass<>(path, options, opener, index, count).whenDone(done -> {
            if (!logged.getAndSet(true)) {
                log(done);
            }
        });
        Spliterator<Example<I>> rows =
                Spliterators.spliteratorUnknownSize(pass, Spliterator.ORDERED | Spliterator.NONNULL);
        return StreamSupport.stream(rows, false).onClose(pass::close);
    }

    private void requireSome(int examples, ExamplePass<I> pass) {
        if (examples > 0) {
            return;
        }
        if (pass.skipped() > 0) {
            throw new FinetuneException(path + " has no usable row: all " + pass.skipped() + " were skipped. "
                    + String.join("; ", pass.reasons()));
        }
        throw new FinetuneException(path + " is empty: there is no example in it.");
    }

    private void log(ExamplePass<I> pass) {
        pass.remark().ifPresent(remark -> LOG.warn("{}: {}", path, remark));
        if (pass.skipped() > 0) {
            Warnings.say(
                    LOG,
                    path + ": " + pass.skipped() + " of " + (pass.skipped() + pass.produced()) + " rows skipped. "
                            + String.join("; ", pass.reasons())
                            + (pass.skipped() > pass.reasons().size() ? "; ..." : ""));
        }
    }

    private String shortName() {
        int parts = path.getNameCount();
        return path.subpath(Math.max(0, parts - 2), parts).toString().replace('\\', '/');
    }

    private static String rows(int count) {
        return count == 1 ? "1 row" : count + " rows";
    }
}
