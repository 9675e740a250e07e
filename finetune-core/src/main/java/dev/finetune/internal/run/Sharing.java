package dev.finetune.internal.run;

import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.data.DatasetSum;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.SharedCheck;
import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.distributed.Companions;
import dev.finetune.metrics.Totals;
import dev.finetune.train.Trainer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The processes that a fit is shared among, where there are several, and what is this one's part in it. */
final class Sharing implements AutoCloseable {
    /** This process fits alone. */
    static final Sharing ALONE = new Sharing(null, null);

    private final @Nullable Processes self;
    private final @Nullable Companions others;

    private Sharing(@Nullable Processes self, @Nullable Companions others) {
        this.self = self;
        this.others = others;
    }

    /**
     * Waits for all processes, if a tuner was told of several.
     *
     * @param train what this one is given to train on
     * @param validation what it is given to evaluate on
     * @throws FinetuneException if they don't come in time, or don't belong together
     */
    static <I> Sharing of(Optional<Processes> said, Dataset<I> train, Optional<Dataset<I>> validation) {
        if (said.isEmpty() || said.get().worldSize() == 1) {
            return ALONE;
        }
        final Sharing sharing = new Sharing(said.get(), Companions.join(said.get()));
        try {
            final boolean ownShards = said.get().haveOwnShards();
            sharing.compare((ownShards ? "a part of the data" : DatasetSum.of(train)) + " to train on, "
                    + validation
                            .map(data -> ownShards ? "a part" : DatasetSum.of(data))
                            .orElse("nothing")
                    + " to evaluate on, and version "
                    + Objects.requireNonNullElse(Sharing.class.getPackage().getImplementationVersion(), "none")
                    + " of this library, with compressGradients() "
                    + whether(said.get().haveCompressedGradients())
                    + " and nccl() " + whether(said.get().exchangeByNccl()));
            return sharing;
        } catch (RuntimeException | Error e) {
            sharing.fail(e);
            sharing.close();
            throw e;
        }
    }

    private static String whether(boolean setting) {
        return setting ? "said" : "not said";
    }

    /** What all have to be given alike, before they say anything else. */
    private void compare(String given) {
        final List<String> all = said(given);
        for (int rank = 1; rank < all.size(); rank++) {
            if (!all.get(rank).equals(all.get(0))) {
                throw new FinetuneException("Process " + rank + " can't train with process 0: it has " + all.get(rank)
                        + ", and process 0 has " + all.get(0)
                        + ". Give all of them the same data, or each its part with ownShards(), and the same settings,"
                        + " and run the same program.");
            }
        }
    }

    private List<String> said(String own) {
        return others().gather(own.getBytes(StandardCharsets.UTF_8)).stream()
                .map(said -> new String(said, StandardCharsets.UTF_8))
                .toList();
    }

    /** Refuses what is done by one process only. */
    static void refuse(Optional<Processes> said, String what) {
        if (said.filter(self -> self.worldSize() > 1).isPresent()) {
            throw new FinetuneException(what + " runs in one process, and distributed(...) says that this is "
                    + said.get() + ": leave it out there. fit(...) and fitAll(...) are shared among processes.");
        }
    }

    /** Whether a fit of which it is said is shared with process 0, which watches and writes. */
    static boolean isCompanion(Optional<Processes> said) {
        return said.filter(self -> self.rank() > 0).isPresent();
    }

    boolean isAlone() {
        return self == null;
    }

    /** Whether this process looks at data that all are given alike: process 0 does that. */
    boolean looksAtData() {
        return self == null || self.rank() == 0;
    }

    /** What all say, in the order of the processes; this one alone, where it fits alone. */
    List<byte[]> gather(byte[] own) {
        return others == null ? List.of(own) : others.gather(own);
    }

    /** Whether it is so in all processes. */
    boolean all(boolean own) {
        return total(own ? 0 : 1) == 0;
    }

    /**
     * What each process does by itself.
     *
     * @throws FinetuneException in all of them, the same, where one can't
     */
    <T> T each(Supplier<T> work) {
        if (self == null) {
            return work.get();
        }
        @Nullable T done = null;
        @Nullable FinetuneException failed = null;
        try {
            done = work.get();
        } catch (FinetuneException e) {
            failed = e;
        }
        final List<String> all = said(failed == null ? "" : String.valueOf(failed.getMessage()));
        for (int rank = 0; rank < all.size(); rank++) {
            if (!all.get(rank).isEmpty()) {
                final String message = "Process " + rank + " failed: " + all.get(rank);
                throw failed == null ? new FinetuneException(message) : new FinetuneException(message, failed);
            }
        }
        return Objects.requireNonNull(done);
    }

    /**
     * Looks whether each process has something where each is given its own part.
     *
     * @param what it is for, for errors
     * @throws FinetuneException in all of them, the same, where one has nothing
     */
    void refuseNone(Dataset<?> given, String what) {
        if (self == null || !self.haveOwnShards()) {
            return;
        }
        final List<String> all = said(isEmpty(given) ? "(" + given.describe() + ")" : "");
        for (int rank = 0; rank < all.size(); rank++) {
            if (!all.get(rank).isEmpty()) {
                throw new FinetuneException("The " + what + " data of process " + rank + " holds no rows "
                        + all.get(rank) + ": give each of the " + self.worldSize()
                        + " processes one at least, or take fewer processes.");
            }
        }
    }

    private static boolean isEmpty(Dataset<?> given) {
        try (Stream<?> examples = given.stream()) {
            return examples.findFirst().isEmpty();
        }
    }

    /** What data is called of which this process may have a part. */
    String describe(Dataset<?> given) {
        return self == null || !self.haveOwnShards()
                ? given.describe()
                : given.describe() + ", and the parts of "
                        + (self.worldSize() == 2 ? "the other process" : (self.worldSize() - 1) + " other processes");
    }

    /** Whether what this process is given is all there is: else another one may have what is missing here. */
    boolean seesAll() {
        return self == null || !self.haveOwnShards();
    }

    /** The sum of what all processes counted. */
    long total(long own) {
        return others == null ? own : new Totals(others::gather).of(own);
    }

    /** What all processes found of rows, by numbers counted from 1 in what each of them computes, as numbers of what they were given. */
    List<String> rows(List<Long> own) {
        if (self == null) {
            return own.stream().map(row -> "train " + row).toList();
        }
        final int count = self.worldSize();
        return said(own.stream()
                        .map(row -> self.haveOwnShards()
                                ? "process " + self.rank() + "'s train " + row
                                : "train " + ((row - 1) * count + self.rank() + 1))
                        .collect(Collectors.joining("\n")))
                .stream()
                .flatMap(String::lines)
                .toList();
    }

    /**
     * What of a data set this process computes.
     *
     * @param what it is for, for errors
     */
    <I> Dataset<I> part(Dataset<I> given, String what) {
        if (self == null) {
            return given;
        }
        if (self.haveOwnShards()) {
            return given;
        }
        if (given.size().orElse(Long.MAX_VALUE) < self.worldSize()) {
            throw new FinetuneException("The " + what + " data (" + given.describe() + ") has fewer rows than there are"
                    + " processes, " + self.worldSize() + ": take fewer processes.");
        }
        return given.shard(self.rank(), self.worldSize());
    }

    /** The same, for which it is known whether there is any. */
    <I> Optional<Dataset<I>> part(Optional<Dataset<I>> given, String what) {
        return given.map(data -> part(data, what));
    }

    /** Something with the labels of all that is trained on, as often as they occur; its inputs are not to be read. */
    <I> Dataset<I> labels(Dataset<I> train) {
        if (self == null || others == null || !self.haveOwnShards()) {
            return train;
        }
        final Example<I> first;
        try (Stream<Example<I>> examples = train.stream()) {
            first = examples.findFirst().orElseThrow();
        }
        final Optional<Function<String, Label>> kind = kind(first.label());
        final String name = kind.isPresent() ? first.label().getClass().getSimpleName() : "no classes";
        final List<String> kinds = said(name);
        for (int rank = 1; rank < kinds.size(); rank++) {
            if (!kinds.get(rank).equals(kinds.get(0))) {
                throw new FinetuneException("The labels of process " + rank + " are of another kind (" + kinds.get(rank)
                        + ") than those of process 0 (" + kinds.get(0) + ").");
            }
        }
        return kind.map(make -> counted(train, first.input(), make)).orElse(train);
    }

    /** A row of each class, or tag, that all parts together have, where that is enough to tell what a metric needs. */
    <I> Optional<Dataset<I>> ofEachClass(Dataset<I> given, SharedCheck.Counted all) {
        try (Stream<Example<I>> examples = given.stream()) {
            return examples.findFirst()
                    .filter(first -> !(first.label() instanceof Label.Categories))
                    .flatMap(first -> kind(first.label())
                            .map(make -> Dataset.of(
                                            given.inputType(),
                                            all.classes().keySet().stream()
                                                    .map(name -> new Example<>(first.input(), make.apply(name)))
                                                    .toList())
                                    .describedAs(describe(given))));
        }
    }

    private <I> Dataset<I> counted(Dataset<I> train, I input, Function<String, Label> make) {
        final Map<String, long[]> own = new TreeMap<>();
        ClassCounts.of(train).counts().forEach((name, count) -> own.put(name, new long[] {count}));
        final Map<String, long[]> all = new Totals(others()::gather).of(own);
        return Dataset.streamed(
                        train.inputType(),
                        () -> all.entrySet().stream()
                                .flatMap(entry -> Stream.generate(
                                                () -> new Example<>(input, make.apply(entry.getKey())))
                                        .limit(entry.getValue()[0])))
                .describedAs(describe(train));
    }

    private Companions others() {
        if (others == null) {
            throw new IllegalStateException("There are no others.");
        }
        return others;
    }

    private static Optional<Function<String, Label>> kind(Label label) {
        if (label instanceof Label.Category) {
            return Optional.of(Label.Category::new);
        }
        if (label instanceof Label.Categories) {
            return Optional.of(name -> new Label.Categories(Set.of(name)));
        }
        return label instanceof Label.Tags ? Optional.of(name -> new Label.Tags(List.of(name))) : Optional.empty();
    }

    /** The loop, shared. */
    Trainer among(Trainer trainer) {
        return others == null ? trainer : trainer.with(others);
    }

    /** The seed of this process's order. */
    long seed(long common) {
        return others == null ? common : others.seed(common);
    }

    /** Tells the others that this one gives up. */
    void fail(Throwable why) {
        if (others != null) {
            others.fail(why);
        }
    }

    @Override
    public void close() {
        if (others != null) {
            others.close();
        }
    }
}
