package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * Labelled examples in a fixed order, held in memory or read anew at each pass.
 *
 * <pre>{@code
 * Dataset<Text> reviews = TextFiles.tsv(Path.of("train.tsv")).classification();
 * Split<Text> split = reviews.split(0.1, 42);
 * }</pre>
 *
 * <p>A data set never changes: {@link #limit}, {@link #map}, {@link #filter} and {@link #concat} give new ones. A data
 * set in memory may be used by several threads at once; a streamed one as far as its source may.
 *
 * @param <I> the kind of input, such as {@link Text}
 */
public sealed interface Dataset<I> extends Iterable<Example<I>> permits ListDataset, StreamedDataset {
    /** {@return the kind of input} */
    Class<I> inputType();

    /** {@return how many examples there are; empty when the data is streamed, for then nobody knows before the end} */
    OptionalLong size();

    /**
     * {@return all examples in order, from the first} Close the stream if it is left before its end: it may hold a file
     * open.
     */
    Stream<Example<I>> stream();

    /**
     * {@return all examples in order, as a list that can't be changed}
     *
     * @throws FinetuneException if the data set is streamed, as it may be larger than memory
     */
    List<Example<I>> asList();

    /** {@return where the examples came from, such as {@code sst2/train.tsv, 67349 rows, 3 skipped}} */
    String describe();

    /**
     * {@return the same examples under another description}
     *
     * @param description what messages and model cards call the data
     */
    Dataset<I> describedAs(String description);

    /**
     * {@return the first {@code n} examples, or all if there are fewer}
     *
     * @param n at least 0
     * @throws FinetuneException if {@code n} is negative
     */
    Dataset<I> limit(long n);

    /**
     * {@return each example changed into one of another kind of input} In memory: at once; streamed: at each pass.
     *
     * @param <J> the other kind of input
     * @param type the class of the other kind
     * @param change called once an example and pass
     */
    <J> Dataset<J> map(Class<J> type, Function<? super Example<I>, Example<J>> change);

    /**
     * {@return each example changed into another, say with its labels renamed}
     *
     * @param change called once an example and pass
     */
    default Dataset<I> map(UnaryOperator<Example<I>> change) {
        Objects.requireNonNull(change, "change");
        return map(inputType(), change);
    }

    /**
     * {@return the examples that {@code keep} accepts}
     *
     * @param keep true for the examples that stay
     */
    Dataset<I> filter(Predicate<? super Example<I>> keep);

    /**
     * {@return these examples, then those of {@code other}; streamed if either is}
     *
     * @param other examples of the same kind
     */
    Dataset<I> concat(Dataset<I> other);

    /**
     * {@return every so-manieth example: a part that one of several processes or machines takes, when each of them takes another}
     * Inside the part examples keep their order; parts differ by one example at the most.
     *
     * @param index which part, from 0
     * @param count how many parts there are: this one holds the examples {@code index}, {@code index + count}, {@code index + 2 count}
     *     and so on, counted from 0
     * @throws FinetuneException if there is no such part
     */
    Dataset<I> shard(int index, int count);

    /**
     * Splits off a validation part, the same one whenever the data, the fraction and the seed are the same. Examples
     * with a {@link Label.Category} are split class by class, those with {@link Label.Categories} by their set of
     * classes, so that each is represented in proportion (largest remainder); others are drawn at random. A class of
     * one example stays in train. Inside each part examples keep their order.
     *
     * @param validationFraction the share that goes to validation, above 0 and below 1
     * @param seed the seed of the draw
     * @return the parts train and validation
     * @throws FinetuneException if the fraction is out of range, the validation part would be empty, or the data set is
     *     streamed
     */
    default Split<I> split(double validationFraction, long seed) {
        return Stratification.split(this, 1 - validationFraction, validationFraction, 0, seed);
    }

    /**
     * Splits into three parts, as {@link #split(double, long)} does into two.
     *
     * @param train the share of the train part
     * @param validation the share of the validation part
     * @param test the share of the test part
     * @param seed the seed of the draw
     * @return the three parts
     * @throws FinetuneException if a fraction isn't above 0 or they don't sum to 1, a part would be empty, or the data
     *     set is streamed
     */
    default Split<I> split(double train, double validation, double test, long seed) {
        if (!(test > 0)) {
            throw new FinetuneException("The test fraction is " + test
                    + ", expected above 0. Without a test part: split(validationFraction, seed).");
        }
        return Stratification.split(this, train, validation, test, seed);
    }

    /**
     * Cuts the data set into parts of equal size (but for one example), for cross-validation: each fold is the validation
     * part once, and all the others are what is trained on. Stratified as {@link #split(double, long)} is; the same folds
     * whenever data, count and seed are the same.
     *
     * @param count how many, at least 2, at most as many as there are examples
     * @param seed the seed of the draw
     * @return a split for each fold
     * @throws FinetuneException if there can't be so many, or the data set is streamed
     */
    default List<Split<I>> folds(int count, long seed) {
        return Stratification.folds(this, count, seed);
    }

    @Override
    default Iterator<Example<I>> iterator() {
        return new ClosingIterator<>(stream());
    }

    /**
     * {@return examples in memory}
     *
     * @param <I> the kind of input
     * @param type the class of the inputs
     * @param examples in their order; copied
     */
    static <I> Dataset<I> of(Class<I> type, List<Example<I>> examples) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(examples, "examples");
        return new ListDataset<>(type, examples, examples.size() + " examples from memory");
    }

    /**
     * {@return texts with one class each}
     *
     * @param texts one an example
     * @param labels the class of each text
     * @throws FinetuneException if there are more or fewer labels than texts
     */
    static Dataset<Text> texts(List<String> texts, List<String> labels) {
        Arguments.copy(texts, "texts");
        Arguments.copy(labels, "labels");
        if (texts.size() != labels.size()) {
            throw new FinetuneException("There are " + texts.size() + " texts and " + labels.size()
                    + " labels. Give one label for each text, in the same order.");
        }
        List<Example<Text>> examples = new ArrayList<>(texts.size());
        for (int i = 0; i < texts.size(); i++) {
            examples.add(new Example<>(Text.of(texts.get(i)), Label.of(labels.get(i))));
        }
        return of(Text.class, examples);
    }

    /**
     * {@return examples that are fetched anew at each pass, for data larger than memory} Every pass calls the source
     * again; it must give the same examples in the same order each time. The streams that it gives are closed after
     * each pass.
     *
     * @param <I> the kind of input
     * @param type the class of the inputs
     * @param source gives a new stream at each call
     */
    static <I> Dataset<I> streamed(Class<I> type, Supplier<Stream<Example<I>>> source) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(source, "source");
        return new StreamedDataset<>(type, StreamedDataset.Source.of(source), "streamed examples");
    }
}
