package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * This process's part of the rows that several train on together: an epoch lasts until the process with the most batches has come
 * to its end; those that are through take part in steps without rows of their own (as torch's Join has it).
 */
final class SharedRows implements BatchSource {
    private final BatchSource own;
    private final OptionalLong batches;
    private final OptionalLong rows;
    private final int rank;

    private SharedRows(BatchSource own, OptionalLong batches, OptionalLong rows, int rank) {
        this.own = own;
        this.batches = batches;
        this.rows = rows;
        this.rank = rank;
    }

    /** The part that is this process's; the source itself, where there is only one process. */
    static BatchSource of(BatchSource own, Agreement agreement) {
        if (agreement.isAlone()) {
            return own;
        }
        final List<double[]> all = agreement.numbers(
                own.batchesPerEpoch().orElse(-1), own.rowsPerEpoch().orElse(-1));
        return new SharedRows(
                own,
                all.stream().anyMatch(each -> each[0] < 0)
                        ? OptionalLong.empty()
                        : OptionalLong.of(all.stream()
                                .mapToLong(each -> (long) each[0])
                                .max()
                                .orElseThrow()),
                all.stream().anyMatch(each -> each[1] < 0)
                        ? OptionalLong.empty()
                        : OptionalLong.of(
                                all.stream().mapToLong(each -> (long) each[1]).sum()),
                agreement.rank());
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        return batches;
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        return rows;
    }

    @Override
    public Batches epoch(int epoch) {
        return own.epoch(epoch);
    }

    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known) {
        return own.epoch(epoch, known);
    }

    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known, long skipped) {
        return own.epoch(epoch, known, skipped);
    }

    @Override
    public String identity() {
        return own.identity();
    }

    @Override
    public boolean repeatsRows() {
        return own.repeatsRows();
    }

    @Override
    public String describe(HostBatch batch) {
        return batch.rows().isEmpty()
                ? "rows of other processes"
                : own.describe(batch) + " of what is process " + rank + "'s part of the data";
    }

    @Override
    public int rowsTogether() {
        return own.rowsTogether();
    }

    @Override
    public int rowsIn(HostBatch batch) {
        return own.rowsIn(batch);
    }
}
