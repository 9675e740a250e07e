package dev.finetune.train;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Draws rows with replacement so that each class is as likely as any other: a row's weight is the inverse of its class's
 * count, as is usual with PyTorch's WeightedRandomSampler.
 */
final class ClassSampler {
    private final int rows;
    private final List<List<Integer>> byClass;

    private ClassSampler(int rows, List<List<Integer>> byClass) {
        this.rows = rows;
        this.byClass = byClass;
    }

    static ClassSampler of(List<Encoded> rows) {
        final Map<Integer, List<Integer>> byClass = new TreeMap<>();
        for (int i = 0; i < rows.size(); i++) {
            if (!(rows.get(i).target() instanceof Target.Index label)) {
                throw new FinetuneException(
                        "batching(b -> b.balancedSampling(true)) needs rows with one class each; it makes no sense for"
                                + " other heads.");
            }
            byClass.computeIfAbsent(label.index(), any -> new ArrayList<>()).add(i);
        }
        return new ClassSampler(rows.size(), List.copyOf(byClass.values()));
    }

    /** As many row numbers as there are rows. */
    int[] draw(long seed, int epoch) {
        final SplittableRandom random = new SplittableRandom(Seeds.of(seed, 0x5A3D1E57L + epoch));
        final int[] drawn = new int[rows];
        for (int i = 0; i < rows; i++) {
            final List<Integer> one = byClass.get(random.nextInt(byClass.size()));
            drawn[i] = one.get(random.nextInt(one.size()));
        }
        return drawn;
    }
}
