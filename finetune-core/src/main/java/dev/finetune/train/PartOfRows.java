package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Some of the batches of data, the same in every epoch, that take as long to compute as the others do on average. What a batch
 * costs is told by how many tokens its rows hold, or, where they have no lengths, by how many rows it has.
 */
final class PartOfRows implements BatchSource {
    private final BatchSource whole;
    private final List<Long> costs;
    private final double costOfAll;
    private final Epochs epochs;

    private PartOfRows(BatchSource whole, List<Long> costs, double costOfAll, Epochs epochs) {
        this.whole = whole;
        this.costs = costs;
        this.costOfAll = costOfAll;
        this.epochs = epochs;
    }

    /** Gives the batches of an epoch. */
    private interface Epochs {
        Batches open(int epoch, Predicate<List<Encoded>> known, long skipped);
    }

    /**
     * So many of the batches of a source: of rows in memory those of evenly spread cost, in an order in which the first ones
     * are spread, too; of a stream the first.
     *
     * @param count at least 1; all of them where there are fewer
     */
    static PartOfRows spread(BatchSource source, int count) {
        final Optional<EncodedRows> inMemory = source.inMemory();
        if (inMemory.isEmpty()) {
            return first(source, count);
        }
        final EncodedRows rows = inMemory.get();
        final List<int[]> plan = rows.plan(0);
        final List<int[]> byCost = plan.stream()
                .sorted(Comparator.comparingLong(batch -> cost(rows, batch)))
                .toList();
        final int some = Math.min(count, byCost.size());
        return of(
                source,
                rows,
                spreadOrder(some)
                        .map(i -> (int) ((i + 0.5) * byCost.size() / some))
                        .mapToObj(byCost::get),
                plan.stream().mapToLong(batch -> cost(rows, batch)).sum());
    }

    /**
     * The batch of the longest rows, than which none needs more memory, so many times.
     *
     * @param times at least 1
     */
    static PartOfRows longest(BatchSource source, int times) {
        final Optional<EncodedRows> inMemory = source.inMemory();
        if (inMemory.isEmpty()) {
            return first(source, times);
        }
        final EncodedRows rows = inMemory.get();
        final int[] longest = IntStream.range(0, rows.rows().size())
                .boxed()
                .sorted(Comparator.comparingInt(row -> -rows.rows().get(row).length()))
                .limit(rows.batchSize())
                .sorted()
                .mapToInt(Integer::intValue)
                .toArray();
        return of(source, rows, Stream.generate(() -> longest).limit(times), times * (double) cost(rows, longest));
    }

    /** Whether rows are of files that are read in the first epoch, and kept as far as they fit: pictures, which have no length. */
    static boolean readsFiles(BatchSource source) {
        return source.inMemory().filter(rows -> !rows.haveLengths()).isPresent();
    }

    private static PartOfRows of(BatchSource whole, EncodedRows rows, Stream<int[]> picked, double costOfAll) {
        final List<int[]> plan = picked.toList();
        return new PartOfRows(
                whole,
                plan.stream().map(batch -> cost(rows, batch)).toList(),
                costOfAll,
                (epoch, known, skipped) -> rows.batches(plan, epoch, known, skipped));
    }

    private static PartOfRows first(BatchSource source, int count) {
        final int some = (int) Math.min(count, source.batchesPerEpoch().orElse(count));
        return new PartOfRows(
                source,
                Collections.nCopies(some, 1L),
                source.batchesPerEpoch().isPresent() ? source.batchesPerEpoch().getAsLong() : Double.NaN,
                (epoch, known, skipped) -> new FirstBatches(source.epoch(epoch, known, skipped), some - skipped));
    }

    private static long cost(EncodedRows rows, int[] batch) {
        return IntStream.of(batch)
                .mapToLong(row -> rows.rows().get(row).length())
                .sum();
    }

    /** 0 to count - 1, halves first, then quarters and so on, as van der Corput's sequence goes. */
    private static IntStream spreadOrder(int count) {
        final int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, count - 1));
        return IntStream.range(0, 1 << bits)
                .map(i -> Integer.reverse(i) >>> (32 - bits))
                .filter(i -> i < count);
    }

    /** What a batch costs, in its place. */
    long cost(int batch) {
        return costs.get(batch);
    }

    /** How many times what these batches cost all of an epoch cost; not a number where that isn't known. */
    double timesAsMuch() {
        return costOfAll / costs.stream().mapToLong(Long::longValue).sum();
    }

    /** What all batches of an epoch cost; not a number where that isn't known. */
    double costOfAll() {
        return costOfAll;
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        return OptionalLong.of(costs.size());
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        return OptionalLong.empty();
    }

    @Override
    public boolean repeatsRows() {
        return whole.repeatsRows();
    }

    @Override
    public int rowsTogether() {
        return whole.rowsTogether();
    }

    @Override
    public int rowsIn(HostBatch batch) {
        return whole.rowsIn(batch);
    }

    @Override
    public Batches epoch(int epoch) {
        return epoch(epoch, rows -> false);
    }

    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known) {
        return epoch(epoch, known, 0);
    }

    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known, long skipped) {
        return epochs.open(epoch, known, skipped);
    }

    @Override
    public String describe(HostBatch batch) {
        return whole.describe(batch);
    }

    /** The first batches of others. */
    private static final class FirstBatches implements Batches {
        private final Batches all;
        private long left;

        FirstBatches(Batches all, long count) {
            this.all = all;
            this.left = count;
        }

        @Override
        public boolean hasNext() {
            return left > 0 && all.hasNext();
        }

        @Override
        public HostBatch next() {
            left--;
            return all.next();
        }

        @Override
        public List<HostBatch> nextInParts() {
            left--;
            return all.nextInParts();
        }

        @Override
        public void close() {
            all.close();
        }
    }
}
