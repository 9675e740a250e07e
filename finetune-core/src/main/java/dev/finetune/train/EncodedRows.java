package dev.finetune.train;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.BatchPlan;
import dev.finetune.data.PaddedBatches;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rows encoded once and kept in memory, in a new order each epoch. */
public final class EncodedRows implements BatchSource {
    private final List<Encoded> rows;
    private final InputEncoder<?> encoder;
    private final Order order;
    private final Optional<ClassSampler> sampler;
    private final boolean joinsLone;

    /**
     * Batches of rows.
     *
     * @param rows the encoded rows
     * @param encoder the encoder that made them (borrowed)
     * @param order how they are visited
     */
    public EncodedRows(List<Encoded> rows, InputEncoder<?> encoder, Order order) {
        this(List.copyOf(rows), encoder, order, Optional.empty(), false);
    }

    private EncodedRows(
            List<Encoded> rows,
            InputEncoder<?> encoder,
            Order order,
            Optional<ClassSampler> sampler,
            boolean joinsLone) {
        this.rows = rows;
        this.encoder = encoder;
        this.order = order;
        this.sampler = sampler;
        this.joinsLone = joinsLone;
    }

    /**
     * {@return the same rows, but an epoch draws as many as there are, with replacement, each class as often as any
     * other}
     *
     * @throws FinetuneException if the rows are not labelled with one class each
     */
    public EncodedRows sampledByClass() {
        return new EncodedRows(rows, encoder, order, Optional.of(ClassSampler.of(rows)), joinsLone);
    }

    /**
     * {@return the same batches, but where one row would be left for the last, it joins the batch before, one row
     * larger}
     */
    public EncodedRows joiningLoneRows() {
        return new EncodedRows(rows, encoder, order, sampler, true);
    }

    /** {@return whether one row is left for the last batch, or every batch has one only} */
    public boolean leavesOneRow() {
        return rows.size() % order.batchSize == 1 || order.batchSize == 1;
    }

    /**
     * How rows are visited.
     *
     * @param batchSize rows in a batch; the last batch may have fewer
     * @param training whether batches are trained on (augmentation, masking)
     * @param shuffle whether each epoch has an order of its own
     * @param groupByLength whether rows of similar length are computed together
     * @param inParts whether a batch is computed in parts of similar length, where it is trained on in an order of its own
     * @param seed of order and collation
     */
    public record Order(
            int batchSize, boolean training, boolean shuffle, boolean groupByLength, boolean inParts, long seed) {
        /**
         * The order in which a batch may be computed in parts where its rows are grouped by length.
         *
         * @param batchSize rows in a batch; the last batch may have fewer
         * @param training whether batches are trained on (augmentation, masking)
         * @param shuffle whether each epoch has an order of its own
         * @param groupByLength whether rows of similar length are computed together
         * @param seed of order and collation
         */
        public Order(int batchSize, boolean training, boolean shuffle, boolean groupByLength, long seed) {
            this(batchSize, training, shuffle, groupByLength, groupByLength, seed);
        }

        /**
         * {@return how an evaluation visits rows}
         *
         * @param settings of which the batch size, the seed and the grouping by length count
         */
        public static Order evaluating(TrainingSettings settings) {
            return new Order(
                    settings.evaluation().batchSize(),
                    false,
                    false,
                    settings.batching().groupsByLength(),
                    settings.seed());
        }

        /**
         * A batch in the parts that it is computed in.
         *
         * @param rows of the batch, by length where they are grouped by it
         * @param number of the batch
         */
        List<HostBatch> parts(
                List<Encoded> rows, long number, BiFunction<List<Encoded>, CollateContext, HostBatch> collate) {
            if (!training || !shuffle || !inParts) {
                return List.of(collate.apply(rows, context(number)));
            }
            final int[] lengths = rows.stream().mapToInt(Encoded::length).toArray();
            final List<HostBatch> parts = new ArrayList<>();
            int from = 0;
            for (int end : PaddedBatches.ends(lengths, rows.size(), PaddedBatches.OWN_COST_OF_A_PART)) {
                final long part = parts.isEmpty() ? number : Seeds.of(number, parts.size());
                parts.add(collate.apply(rows.subList(from, end), context(part)));
                from = end;
            }
            return parts;
        }

        /** How the batch with a number is collated. */
        CollateContext context(long number) {
            return new CollateContext(
                    training ? CollateContext.Purpose.TRAINING : CollateContext.Purpose.EVALUATION,
                    Seeds.of(seed, number));
        }
    }

    @Override
    public Optional<EncodedRows> inMemory() {
        return Optional.of(this);
    }

    /** Whether rows have lengths, as texts do and pictures don't. */
    boolean haveLengths() {
        return encoder.hasLengths();
    }

    /** How many rows a batch has; the last one may have fewer. */
    int batchSize() {
        return order.batchSize;
    }

    /** {@return the rows} */
    public List<Encoded> rows() {
        return rows;
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        final long batches = (rows.size() + order.batchSize - 1L) / order.batchSize;
        return OptionalLong.of(joinsLone && leavesOneRow() && batches > 1 ? batches - 1 : batches);
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        return OptionalLong.of(rows.size());
    }

    @Override
    public boolean repeatsRows() {
        return !(order.training && encoder.variesInTraining());
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
        return batches(plan(epoch), epoch, known, skipped);
    }

    /** The batches of a plan: those rows, as they are in an epoch. */
    Batches batches(List<int[]> plan, int epoch, Predicate<List<Encoded>> known, long skipped) {
        return new Prefetcher(collated(plan, epoch, known, skipped));
    }

    @Override
    public String identity() {
        return RowsSum.of(rows);
    }

    /**
     * {@return the row numbers of each batch of an epoch}
     *
     * @param epoch from 0
     */
    public List<int[]> plan(int epoch) {
        final BatchPlan plan = new BatchPlan(order.batchSize, order.shuffle, order.groupByLength, order.seed);
        final int[] drawn = sampler.map(s -> s.draw(order.seed, epoch))
                .orElseGet(() -> IntStream.range(0, rows.size()).toArray());
        final int[] lengths =
                IntStream.of(drawn).map(row -> rows.get(row).length()).toArray();
        final List<int[]> batches = plan.batches(lengths, epoch);
        return (joinsLone ? LoneRow.joined(batches) : batches)
                .stream()
                        .map(batch -> IntStream.of(batch).map(i -> drawn[i]).toArray())
                        .toList();
    }

    @Override
    public String describe(HostBatch batch) {
        final Set<Encoded> wanted = Collections.newSetFromMap(new IdentityHashMap<>());
        wanted.addAll(batch.rows());
        final String numbers = IntStream.range(0, rows.size())
                .filter(i -> wanted.contains(rows.get(i)))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        return "the batch of rows " + numbers + " (counted from 0)";
    }

    private Iterator<List<HostBatch>> collated(
            List<int[]> plan, int epoch, Predicate<List<Encoded>> known, long skipped) {
        final int first = (int) Math.min(skipped, plan.size());
        final Iterator<int[]> batches = plan.listIterator(first);
        return new Iterator<>() {
            private int index = first;

            @Override
            public boolean hasNext() {
                return batches.hasNext();
            }

            @Override
            public List<HostBatch> next() {
                final List<Encoded> batch = new ArrayList<>();
                for (int row : batches.next()) {
                    batch.add(rows.get(row));
                }
                final long place = (long) (order.training ? epoch : 0) << 32 | index++;
                return order.parts(batch, place, (part, context) -> collate(part, context, known.test(part)));
            }
        };
    }

    private HostBatch collate(List<Encoded> batch, CollateContext context, boolean known) {
        return (known ? encoder.collateTargets(batch) : Optional.<HostBatch>empty())
                .map(targets -> late(targets, context))
                .orElseGet(() -> encoder.collate(batch, context));
    }

    /** A batch whose inputs are made if they are read after all. */
    private HostBatch late(HostBatch targets, CollateContext context) {
        final List<Encoded> batch = targets.rows();
        return new HostBatch(
                new LazyColumns(
                        targets.columns(), () -> encoder.collate(batch, context).columns()),
                batch);
    }
}
