package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A data set that is fetched anew at each pass. */
record StreamedDataset<I>(Class<I> inputType, Source<I> source, String describe) implements Dataset<I> {
    /** Where examples come from, all or a part of them. */
    interface Source<I> {
        /** The examples {@code index}, {@code index + count}, {@code index + 2 count} and so on, counted from 0. */
        Stream<Example<I>> part(int index, int count);

        /** One that gives all, of which what belongs to other parts is passed over. */
        static <I> Source<I> of(Supplier<Stream<Example<I>>> all) {
            return (index, count) -> Shards.of(all.get(), index, count);
        }
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.empty();
    }

    @Override
    public Stream<Example<I>> stream() {
        return source.part(0, 1);
    }

    @Override
    public List<Example<I>> asList() {
        throw new FinetuneException(
                "This data set is streamed (" + describe + "), so it isn't held in memory as a list."
                        + " Walk through it with stream(), or read it without streamed().");
    }

    @Override
    public Dataset<I> describedAs(String description) {
        return new StreamedDataset<>(inputType, source, description);
    }

    @Override
    public Dataset<I> limit(long n) {
        if (n < 0) {
            throw new FinetuneException("limit(" + n + "): expected 0 or more examples.");
        }
        return new StreamedDataset<>(inputType, Source.of(() -> stream().limit(n)), describe + ", the first " + n);
    }

    @Override
    public Dataset<I> shard(int index, int count) {
        Shards.check(index, count);
        return count == 1
                ? this
                : new StreamedDataset<>(
                        inputType,
                        (part, parts) -> source.part(
                                Math.addExact(index, Math.multiplyExact(part, count)),
                                Math.multiplyExact(parts, count)),
                        Shards.describe(describe, index, count));
    }

    @Override
    public <J> Dataset<J> map(Class<J> type, Function<? super Example<I>, Example<J>> change) {
        return new StreamedDataset<>(
                type, (index, count) -> source.part(index, count).map(change), describe + ", mapped");
    }

    @Override
    public Dataset<I> filter(Predicate<? super Example<I>> keep) {
        return new StreamedDataset<>(inputType, Source.of(() -> stream().filter(keep)), describe + ", filtered");
    }

    @Override
    public Dataset<I> concat(Dataset<I> other) {
        return new StreamedDataset<>(
                inputType,
                Source.of(() -> Stream.concat(stream(), other.stream())),
                describe + " + " + other.describe());
    }

    @Override
    public String toString() {
        return describe;
    }
}
