package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.BatchPlan;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.internal.Seeds;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Rows of a data set larger than memory: read, encoded and batched as they come, in windows of 64 batches, within which
 * they are shuffled and grouped by length.
 *
 * @param <I> the kind of input
 */
public final class StreamedRows<I> implements BatchSource {
    private static final int WINDOW = 64;

    private final Dataset<I> dataset;
    private final InputEncoder<I> encoder;
    private final EncodedRows.Order order;
    private final boolean joinsLone;
    private final StreamPlaces places = new StreamPlaces();

    /**
     * Batches of a data set that can be read again and again.
     *
     * @param dataset read anew in each epoch
     * @param encoder of the model (borrowed)
     * @param order batch size, seed, shuffling and grouping by length
     */
    public StreamedRows(Dataset<I> dataset, InputEncoder<I> encoder, EncodedRows.Order order) {
        this(dataset, encoder, order, false);
    }

    private StreamedRows(Dataset<I> dataset, InputEncoder<I> encoder, EncodedRows.Order order, boolean joinsLone) {
        this.dataset = dataset;
        this.encoder = encoder;
        this.order = order;
        this.joinsLone = joinsLone;
    }

    /**
     * {@return the same batches, but where one row would be left for the last, it joins the batch before, one row
     * larger}
     */
    public StreamedRows<I> joiningLoneRows() {
        return new StreamedRows<>(dataset, encoder, order, true);
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        return OptionalLong.empty();
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        return OptionalLong.empty();
    }

    @Override
    public Batches epoch(int epoch) {
        return epoch(epoch, rows -> false, 0);
    }

    /** Rows that are skipped are read and encoded, since nobody knows before how many batches they make. */
    @Override
    public Batches epoch(int epoch, Predicate<List<Encoded>> known, long skipped) {
        final Stream<Example<I>> examples = dataset.stream();
        return new Prefetcher(new Windows(examples.iterator(), epoch, skipped), examples::close);
    }

    @Override
    public String identity() {
        return "a stream of " + dataset.describe();
    }

    @Override
    public String describe(HostBatch batch) {
        return places.describe(batch);
    }

    private final class Windows implements Iterator<List<HostBatch>> {
        private final Iterator<Example<I>> examples;
        private final int epoch;
        private final List<Example<I>> ahead = new ArrayList<>();
        private List<Encoded> window = List.of();
        private long windowStart;
        private Iterator<int[]> plan = List.<int[]>of().iterator();
        private int windows;
        private int batches;
        private long toSkip;

        Windows(Iterator<Example<I>> examples, int epoch, long toSkip) {
            this.examples = examples;
            this.epoch = epoch;
            this.toSkip = toSkip;
        }

        @Override
        public boolean hasNext() {
            while (!plan.hasNext() && hasExamples()) {
                fill();
            }
            return plan.hasNext();
        }

        private boolean hasExamples() {
            return !ahead.isEmpty() || examples.hasNext();
        }

        private void fill() {
            final List<Example<I>> chunk = new ArrayList<>(ahead);
            ahead.clear();
            while (chunk.size() < WINDOW * order.batchSize() && examples.hasNext()) {
                chunk.add(examples.next());
            }
            if (joinsLone && examples.hasNext()) { // The last row of all may be alone in its window, too.
                ahead.add(examples.next());
                if (!examples.hasNext()) {
                    chunk.addAll(ahead);
                    ahead.clear();
                }
            }
            windowStart += window.size();
            window = encoder.encode(chunk);
            final long seed = Seeds.of(order.seed(), windows++);
            final int[] lengths = window.stream().mapToInt(Encoded::length).toArray();
            final List<int[]> planned = new BatchPlan(order.batchSize(), order.shuffle(), order.groupByLength(), seed)
                    .batches(lengths, epoch);
            plan = (joinsLone ? LoneRow.joined(planned) : planned).iterator();
            for (; toSkip > 0 && plan.hasNext(); toSkip--) {
                plan.next();
                batches++;
            }
        }

        @Override
        public List<HostBatch> next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            final List<Encoded> rows = new ArrayList<>();
            final int[] planned = plan.next();
            for (int row : planned) {
                rows.add(window.get(row));
            }
            final long place = (long) epoch << 32 | batches++;
            final List<HostBatch> parts = order.parts(rows, place, encoder::collate);
            int from = 0;
            for (HostBatch part : parts) {
                places.add(
                        part,
                        IntStream.range(from, from + part.size())
                                .mapToLong(i -> windowStart + planned[i])
                                .toArray());
                from += part.size();
            }
            return parts;
        }
    }
}
