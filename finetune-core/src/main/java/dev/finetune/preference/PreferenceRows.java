package dev.finetune.preference;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.train.BatchSource;
import dev.finetune.train.EncodedRows;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Batches of pairs, in a new order each epoch: rows 2 i and 2 i + 1 of a batch are the preferred and the rejected answer of pair i,
 * with the columns {@link #SIDES} and {@link #REFERENCE} beside those of the rows.
 */
public final class PreferenceRows implements BatchSource {
    /** The column that says which answer a row is, (rows): 0 for the preferred one, 1 for the other. */
    public static final String SIDES = "sides";

    /** The column of what the model said of an answer before its first step, (rows). */
    public static final String REFERENCE = "reference_log_probabilities";

    private final List<PreferencePair> pairs;
    private final EncodedRows batches;

    /**
     * Batches of pairs.
     *
     * @param pairs encoded
     * @param encoder of their rows (borrowed)
     * @param order how pairs are visited; its batch size counts pairs
     */
    public PreferenceRows(List<PreferencePair> pairs, InputEncoder<?> encoder, EncodedRows.Order order) {
        this.pairs = List.copyOf(pairs);
        this.batches = new EncodedRows(List.copyOf(pairs), new PairCollation(encoder), order);
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        return batches.batchesPerEpoch();
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        return OptionalLong.of(pairs.size());
    }

    @Override
    public Batches epoch(int epoch) {
        return batches.epoch(epoch);
    }

    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known) {
        return batches.epoch(epoch);
    }

    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known, long skipped) {
        return batches.epoch(epoch, rows -> false, skipped);
    }

    @Override
    public boolean repeatsRows() {
        return batches.repeatsRows();
    }

    @Override
    public String identity() {
        return batches.identity();
    }

    /** {@return the pairs, each as long as its longer answer} */
    @Override
    public Optional<EncodedRows> inMemory() {
        return Optional.of(batches);
    }

    @Override
    public int rowsTogether() {
        return 2;
    }

    /** {@return how many pairs} */
    @Override
    public int rowsIn(HostBatch batch) {
        return batch.size() / 2;
    }

    @Override
    public String describe(HostBatch batch) {
        final Set<Encoded> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
        wanted.addAll(batch.rows());
        final String numbers = IntStream.range(0, pairs.size())
                .filter(i -> wanted.contains(pairs.get(i).chosen())
                        || wanted.contains(pairs.get(i).rejected()))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        return "the batch of pairs " + numbers + " (counted from 0)";
    }
}
