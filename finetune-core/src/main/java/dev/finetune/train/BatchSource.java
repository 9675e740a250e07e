package dev.finetune.train;

import dev.finetune.spi.Encoded;
import dev.finetune.spi.HostBatch;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

/** Where batches come from, epoch after epoch. */
public interface BatchSource {
    /** How many batches an epoch has, where it is known before the epoch is over. */
    OptionalLong batchesPerEpoch();

    /** How many rows an epoch has, where it is known. */
    OptionalLong rowsPerEpoch();

    /** The batches of an epoch, in order. Close it when done, also half way. */
    Batches epoch(int epoch);

    /**
     * The same batches, where it is known of which rows only the targets will be read, most likely; by default that makes
     * no difference.
     *
     * @param known asked of a batch's rows when it is made, by any thread
     */
    default Batches epoch(int epoch, Predicate<List<Encoded>> known) {
        return epoch(epoch);
    }

    /** Whether the same rows come again in every epoch, with the same columns; not by default. */
    default boolean repeatsRows() {
        return false;
    }

    /** Says which rows a batch holds, for errors. */
    default String describe(HostBatch batch) {
        return "a batch of " + batch.size() + " rows";
    }

    /** Batches in order. */
    interface Batches extends Iterator<HostBatch>, AutoCloseable {
        @Override
        void close();
    }
}
