package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** Where batches come from, epoch after epoch. */
public interface BatchSource {
    /** {@return how many batches an epoch has, where it is known before the epoch is over} */
    OptionalLong batchesPerEpoch();

    /** {@return how many rows an epoch has, where it is known} */
    OptionalLong rowsPerEpoch();

    /**
     * {@return the batches of an epoch, in order} Close it when done, also half way.
     *
     * @param epoch from 0
     */
    Batches epoch(int epoch);

    /**
     * {@return the same batches, where it is known of which rows only the targets will be read, most likely; by default
     * that makes no difference}
     *
     * @param epoch from 0
     * @param known asked of a batch's rows when it is made, by any thread
     */
    default Batches epoch(int epoch, Predicate<List<Encoded>> known) {
        return epoch(epoch);
    }

    /**
     * {@return the same batches without the first ones, for a training that goes on within an epoch}
     *
     * @param epoch from 0
     * @param known as in {@link #epoch(int, Predicate)}
     * @param skipped how many batches are left out
     */
    default Batches epoch(int epoch, Predicate<List<Encoded>> known, long skipped) {
        final Batches batches = epoch(epoch, known);
        boolean there = false;
        try {
            for (long i = 0; i < skipped && batches.hasNext(); i++) {
                batches.nextInParts();
            }
            there = true;
            return batches;
        } finally {
            if (!there) {
                batches.close();
            }
        }
    }

    /** {@return what tells the data from other data, for a training that goes on with it; by default how many rows there are} */
    default String identity() {
        return rowsPerEpoch().isPresent() ? rowsPerEpoch().getAsLong() + " rows" : "a stream";
    }

    /** {@return whether the same rows come again in every epoch, with the same columns; not by default} */
    default boolean repeatsRows() {
        return false;
    }

    /**
     * Says which rows a batch holds, for errors.
     *
     * @param batch the batch (borrowed)
     * @return the names or numbers of the rows, for a message
     */
    default String describe(HostBatch batch) {
        return "a batch of " + batch.size() + " rows";
    }

    /** {@return the rows in memory that batches are made of, where they are; by default they aren't} */
    default Optional<EncodedRows> inMemory() {
        return Optional.empty();
    }

    /** {@return how many rows beside each other belong together in a batch, from its first on; 1 by default} */
    default int rowsTogether() {
        return 1;
    }

    /**
     * {@return how many rows of the data a batch stands for, as {@link #rowsPerEpoch} counts them; by default each is one}
     *
     * @param batch the batch (borrowed)
     */
    default int rowsIn(HostBatch batch) {
        return batch.size();
    }

    /** Batches in order. */
    interface Batches extends Iterator<HostBatch>, AutoCloseable {
        /**
         * {@return the next batch in parts, each padded for itself, whose gradients add up to those of the batch; by
         * default it is one part}
         */
        default List<HostBatch> nextInParts() {
            return List.of(next());
        }

        @Override
        void close();
    }
}
