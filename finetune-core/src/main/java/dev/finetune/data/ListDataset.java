package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A data set in memory. */
record ListDataset<I>(Class<I> inputType, List<Example<I>> asList, String describe) implements Dataset<I> {
    ListDataset {
        asList = Arguments.copy(asList, "examples");
    }

    @Override
    public OptionalLong size() {
        return OptionalLong.of(asList.size());
    }

    @Override
    public Stream<Example<I>> stream() {
        return asList.stream();
    }

    @Override
    public Dataset<I> describedAs(String description) {
        return new ListDataset<>(inputType, asList, description);
    }

    @Override
    public Dataset<I> limit(long n) {
        if (n < 0) {
            throw new FinetuneException("limit(" + n + "): expected 0 or more examples.");
        }
        if (n >= asList.size()) {
            return this;
        }
        return new ListDataset<>(inputType, asList.subList(0, (int) n), describe + ", the first " + n);
    }

    @Override
    public Dataset<I> shard(int index, int count) {
        Shards.check(index, count);
        return count == 1
                ? this
                : new ListDataset<>(
                        inputType,
                        IntStream.iterate(index, i -> i < asList.size(), i -> i + count)
                                .mapToObj(asList::get)
                                .toList(),
                        Shards.describe(describe, index, count));
    }

    @Override
    public <J> Dataset<J> map(Class<J> type, Function<? super Example<I>, Example<J>> change) {
        return new ListDataset<>(type, asList.stream().<Example<J>>map(change).toList(), describe + ", mapped");
    }

    @Override
    public Dataset<I> filter(Predicate<? super Example<I>> keep) {
        List<Example<I>> kept = asList.stream().filter(keep).toList();
        return new ListDataset<>(inputType, kept, describe + ", " + kept.size() + " kept by a filter");
    }

    @Override
    public Dataset<I> concat(Dataset<I> other) {
        String both = describe + " + " + other.describe();
        if (other instanceof ListDataset<I> list) {
            return new ListDataset<>(
                    inputType, Stream.concat(stream(), list.stream()).toList(), both);
        }
        return new StreamedDataset<>(
                inputType, StreamedDataset.Source.of(() -> Stream.concat(stream(), other.stream())), both);
    }

    @Override
    public String toString() {
        return describe;
    }
}
