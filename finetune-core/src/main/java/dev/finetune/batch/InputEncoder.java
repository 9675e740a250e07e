package dev.finetune.batch;

import dev.finetune.data.Example;
import dev.finetune.data.TokenCount;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Turns examples into numbers and rows of numbers into batches. Thread-safe: encoding and collation run on several
 * threads at once.
 *
 * @param <I> the kind of input
 */
public interface InputEncoder<I> extends AutoCloseable {
    /** {@return the kind of input that it encodes} */
    Class<I> inputType();

    /**
     * {@return whether it encodes inputs of a kind: of {@link #inputType()} alone, by default}
     *
     * @param kind of input
     */
    default boolean reads(Class<?> kind) {
        return inputType() == kind;
    }

    /** {@return what kinds of inputs are called in messages} */
    default String kinds() {
        return inputType().getSimpleName();
    }

    /**
     * Encodes examples in order. Usually one row an example; question answering makes a row per window of a long
     * context.
     *
     * @param examples labelled or not
     * @return the rows, those of an example beside each other
     */
    List<Encoded> encode(List<Example<I>> examples);

    /**
     * Pads rows to the longest of them and lays them out as the network reads them, targets included.
     *
     * @param rows of one batch
     * @param context the batch's seed and whether it trains
     * @return the batch
     */
    HostBatch collate(List<Encoded> rows, CollateContext context);

    /**
     * {@return the targets of a batch alone, where the inputs take work that is worth sparing when only the first
     * stages of a network read them and what these give is known; empty, by default, where they don't}
     *
     * @param rows of one batch
     */
    default Optional<HostBatch> collateTargets(List<Encoded> rows) {
        return Optional.empty();
    }

    /**
     * {@return whether a row's columns differ from one training batch to another (augmentation, masking); not by
     * default}
     */
    default boolean variesInTraining() {
        return false;
    }

    /** {@return whether rows differ in length, so that batches of similar length save padding; by default they do} */
    default boolean hasLengths() {
        return true;
    }

    /**
     * {@return what of an example becomes tokens, and how many of these are learned to be written; empty, by default, where that isn't
     * counted}
     *
     * @param example labelled or not
     */
    default Optional<TokenCount> count(Example<I> example) {
        return Optional.empty();
    }

    /** {@return the most tokens of a row; 0, by default, where rows aren't bounded so} */
    default int mostTokens() {
        return 0;
    }

    /** {@return whether several examples may share a row; not by default} */
    default boolean packs() {
        return false;
    }

    /** {@return how many of the examples that were encoded so far became no row, for nothing could be learned from them} */
    default long leftOut() {
        return 0;
    }

    /** {@return how many of the rows that were encoded so far had to be cut to the maximum length} */
    long truncated();

    /**
     * {@return a small picture of an input for people to look at, as the bytes of a JPEG file; empty, by default, for inputs that
     * are no pictures}
     *
     * @param input one that can be encoded
     * @param side the most pixels that it is wide and high
     */
    default Optional<byte[]> thumbnail(I input, int side) {
        return Optional.empty();
    }

    /**
     * Writes what it takes to encode again (a tokenizer, say) into a model directory.
     *
     * @param directory made already
     * @throws IOException if writing fails
     */
    void save(Path directory) throws IOException;

    @Override
    void close();
}
