package dev.finetune.contrastive;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.InputEncoder;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Seeds;
import dev.finetune.train.BatchSource;
import dev.finetune.train.RowsSum;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Pairs of rows of one class, all of a batch of different classes, so that none is a counterexample of its like: row 2 i and
 * row 2 i + 1 are a pair. In an epoch each row that has another of its class comes first in one pair, beside one of these,
 * drawn by the seed. A batch takes the classes of which most rows are left; what is left when fewer than two classes are
 * remains out.
 */
public final class ContrastRows implements BatchSource {
    private final List<Encoded> rows;
    private final int[] classes;
    private final InputEncoder<?> encoder;
    private final int pairsPerBatch;
    private final long seed;
    private final long pairs;
    private final long batches;

    /**
     * Pairs of encoded rows.
     *
     * @param rows encoded
     * @param classes that of each row, numbers of any kind
     * @param encoder that made them (borrowed)
     * @param pairsPerBatch how many pairs a batch holds at most, at least 2
     * @param seed of the draw of pairs
     * @throws FinetuneException if there are not two classes of two rows each, or for batches of one pair
     */
    public ContrastRows(List<Encoded> rows, int[] classes, InputEncoder<?> encoder, int pairsPerBatch, long seed) {
        this.rows = List.copyOf(rows);
        this.classes = classes.clone();
        this.encoder = encoder;
        this.pairsPerBatch = pairsPerBatch;
        this.seed = seed;
        if (pairsPerBatch < 2) {
            throw new FinetuneException("batchSize(" + pairsPerBatch + "): a pair learns from the other pairs of its"
                    + " batch, so that batches of at least 2 are needed; larger ones teach more.");
        }
        final List<int[]> plan = plan(0);
        if (plan.isEmpty()) {
            throw new FinetuneException("Contrast needs at least two classes with two examples each, but of "
                    + rows.size() + " training rows none can be paired so.");
        }
        this.batches = plan.size();
        this.pairs = plan.stream().mapToLong(batch -> batch.length / 2).sum();
    }

    /** The rows of a class that are still to come first in a pair; the last of them next. */
    private record Left(int number, List<Integer> all, List<Integer> rows) {}

    /** The rows of each batch, pair by pair. How many there are is the same for all epochs. */
    private List<int[]> plan(int epoch) {
        final SplittableRandom random = new SplittableRandom(Seeds.of(seed, 0xC027A57L + epoch));
        final PriorityQueue<Left> left = left(random);
        final List<int[]> plan = new ArrayList<>();
        while (left.size() > 1) {
            final List<Left> taken = new ArrayList<>();
            while (taken.size() < pairsPerBatch && !left.isEmpty()) {
                taken.add(left.remove());
            }
            final int[] batch = new int[2 * taken.size()];
            for (int i = 0; i < taken.size(); i++) {
                final Left of = taken.get(i);
                batch[2 * i] = of.rows.remove(of.rows.size() - 1);
                batch[2 * i + 1] = another(of.all, batch[2 * i], random);
            }
            plan.add(batch);
            taken.stream().filter(of -> !of.rows.isEmpty()).forEach(left::add);
        }
        return shuffled(plan, random);
    }

    /** Classes of at least two rows: first those with most rows left, then in an order that is drawn. */
    private PriorityQueue<Left> left(SplittableRandom random) {
        final Map<Integer, List<Integer>> byClass = new TreeMap<>();
        for (int i = 0; i < classes.length; i++) {
            byClass.computeIfAbsent(classes[i], any -> new ArrayList<>()).add(i);
        }
        byClass.values().removeIf(same -> same.size() < 2);
        final List<Integer> order = shuffled(new ArrayList<>(byClass.keySet()), random);
        final PriorityQueue<Left> left = new PriorityQueue<>(
                Comparator.comparingInt((Left of) -> -of.rows.size()).thenComparingInt(Left::number));
        for (int i = 0; i < order.size(); i++) {
            final List<Integer> all = Objects.requireNonNull(byClass.get(order.get(i)));
            left.add(new Left(i, all, shuffled(new ArrayList<>(all), random)));
        }
        return left;
    }

    private static int another(List<Integer> all, int row, SplittableRandom random) {
        final int other = all.get(random.nextInt(all.size() - 1));
        return other == row ? all.get(all.size() - 1) : other;
    }

    private static <T> List<T> shuffled(List<T> all, SplittableRandom random) {
        for (int i = all.size() - 1; i > 0; i--) {
            Collections.swap(all, i, random.nextInt(i + 1));
        }
        return all;
    }

    @Override
    public OptionalLong batchesPerEpoch() {
        return OptionalLong.of(batches);
    }

    @Override
    public OptionalLong rowsPerEpoch() {
        return OptionalLong.of(2 * pairs);
    }

    @Override
    public String identity() {
        return RowsSum.of(rows) + " and the classes " + Integer.toHexString(Arrays.hashCode(classes));
    }

    /** All of a batch: each pair is compared with all others. */
    @Override
    public int rowsTogether() {
        return 2 * pairsPerBatch;
    }

    @Override
    public Batches epoch(int epoch) {
        final List<int[]> plan = plan(epoch);
        return new Batches() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < plan.size();
            }

            @Override
            public HostBatch next() {
                final long batchSeed = Seeds.of(seed, (long) epoch << 32 | next);
                final List<Encoded> some =
                        Arrays.stream(plan.get(next++)).mapToObj(rows::get).toList();
                return encoder.collate(some, new CollateContext(CollateContext.Purpose.TRAINING, batchSeed));
            }

            @Override
            public void close() {
                next = plan.size();
            }
        };
    }
}
