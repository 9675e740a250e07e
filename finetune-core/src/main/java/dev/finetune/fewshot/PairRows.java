package dev.finetune.fewshot;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Seeds;
import dev.finetune.train.BatchSource;
import dev.finetune.train.RowsSum;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Pairs of rows: row 2 i of a batch and row 2 i + 1 are one. Each row is put into so many pairs with others of its class,
 * if it has any, and as many with rows of other classes; all are drawn and shuffled by the seed.
 */
public final class PairRows implements BatchSource {
    private final List<Encoded> rows;
    private final InputEncoder<?> encoder;
    private final int pairsPerRow;
    private final int pairsPerBatch;
    private final long seed;

    /**
     * Pairs of encoded rows.
     *
     * @param rows each with one class, of two classes at least
     * @param encoder that made them (borrowed)
     * @param pairsPerRow of the same class, and of others
     * @param pairsPerBatch how many pairs a batch holds
     * @param seed of the draw of pairs
     * @throws FinetuneException if rows have no class, or all the same
     */
    public PairRows(List<Encoded> rows, InputEncoder<?> encoder, int pairsPerRow, int pairsPerBatch, long seed) {
        this.rows = List.copyOf(rows);
        this.encoder = encoder;
        this.pairsPerRow = pairsPerRow;
        this.pairsPerBatch = pairsPerBatch;
        this.seed = seed;
        if (byClass().size() < 2) {
            throw new FinetuneException("Few-shot learning compares examples of different classes, but all "
                    + rows.size() + " training rows are of one.");
        }
    }

    /** Two row numbers. */
    private record Pair(int first, int second) {}

    /** The class of a row. */
    static int label(Encoded row) {
        if (row.target() instanceof Target.Index index) {
            return index.index();
        }
        throw new FinetuneException("Few-shot learning needs rows with one class each.");
    }

    private Map<Integer, List<Integer>> byClass() {
        final Map<Integer, List<Integer>> byClass = new TreeMap<>();
        for (int i = 0; i < rows.size(); i++) {
            byClass.computeIfAbsent(label(rows.get(i)), any -> new ArrayList<>())
                    .add(i);
        }
        return byClass;
    }

    private List<Integer> notOf(int label) {
        return IntStream.range(0, rows.size())
                .filter(i -> label(rows.get(i)) != label)
                .boxed()
                .toList();
    }

    private List<Pair> pairs(int epoch) {
        final SplittableRandom random = new SplittableRandom(Seeds.of(seed, 0x9A1125L + epoch));
        final Map<Integer, List<Integer>> byClass = byClass();
        final Map<Integer, List<Integer>> strangers = new TreeMap<>();
        final List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            final int label = label(rows.get(i));
            final List<Integer> same = Objects.requireNonNull(byClass.get(label));
            final List<Integer> others = strangers.computeIfAbsent(label, this::notOf);
            for (int n = 0; n < pairsPerRow; n++) {
                if (same.size() > 1) {
                    final int other = random.nextInt(same.size() - 1);
                    pairs.add(new Pair(i, same.get(other < same.indexOf(i) ? other : other + 1)));
                }
                pairs.add(new Pair(i, others.get(random.nextInt(others.size()))));
            }
        }
        for (int i = pairs.size() - 1; i > 0; i--) {
            Collections.swap(pairs, i, random.nextInt(i + 1));
        }
        return pairs;
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        final long pairs = rowsPerEpoch().orElseThrow() / 2;
        return OptionalLong.of((pairs + pairsPerBatch - 1) / pairsPerBatch);
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        final long alone =
                byClass().values().stream().filter(same -> same.size() == 1).count();
        return OptionalLong.of(2L * pairsPerRow * (2L * rows.size() - alone));
    }

    @Override
    public String identity() {
        return RowsSum.of(rows);
    }

    @Override
    public int rowsTogether() {
        return 2;
    }

    @Override
    public Batches epoch(int epoch) {
        final List<Pair> pairs = pairs(epoch);
        return new Batches() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < pairs.size();
            }

            @Override
            public HostBatch next() {
                final List<Encoded> batch = new ArrayList<>();
                final int from = next;
                for (; next < Math.min(pairs.size(), from + pairsPerBatch); next++) {
                    batch.add(rows.get(pairs.get(next).first));
                    batch.add(rows.get(pairs.get(next).second));
                }
                final long place = (long) epoch << 32 | from;
                return encoder.collate(
                        batch, new CollateContext(CollateContext.Purpose.TRAINING, Seeds.of(seed, place)));
            }

            @Override
            public void close() {
                next = pairs.size();
            }
        };
    }
}
