package dev.finetune.internal.lint;

import dev.finetune.internal.Seeds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Probabilities of each row's classes by a linear classifier that has not seen the row: {@value #FOLDS} folds, each class
 * dealt evenly, and rows of one group (the same input) in one fold.
 */
public final class OutOfFold {
    /** How many folds there are. */
    public static final int FOLDS = 5;

    private static final int WIDEST = 1 << 18;
    private static final int NARROWEST = 1 << 12;
    private static final int MOST_WEIGHTS = 1 << 24;

    private OutOfFold() {}

    /**
     * By the words of texts.
     *
     * @param inputs one or several texts each
     * @param truths the class of each
     * @param groups the group of each
     */
    public static float[][] ofTexts(List<String[]> inputs, int[] truths, int[] groups, int classes) {
        int width = WIDEST;
        while (width > NARROWEST && (long) width * classes > MOST_WEIGHTS) {
            width /= 2;
        }
        final TextFeatures features = TextFeatures.of(inputs, width);
        return of(features.rows(), truths, groups, classes, features.width());
    }

    /**
     * By vectors.
     *
     * @param vectors all of one width
     */
    public static float[][] ofVectors(List<float[]> vectors, int[] truths, int[] groups, int classes) {
        return of(SparseRow.of(vectors), truths, groups, classes, vectors.get(0).length);
    }

    private static float[][] of(List<SparseRow> rows, int[] truths, int[] groups, int classes, int width) {
        final int[] folds = folds(truths, groups);
        final float[][] probabilities = new float[rows.size()][];
        IntStream.range(0, FOLDS).parallel().forEach(fold -> {
            final int[] learned = IntStream.range(0, folds.length)
                    .filter(row -> folds[row] != fold)
                    .toArray();
            final SoftmaxClassifier model = SoftmaxClassifier.fit(rows, truths, learned, classes, width);
            for (int row = 0; row < folds.length; row++) {
                if (folds[row] == fold) {
                    probabilities[row] = model.probabilities(rows.get(row));
                }
            }
        });
        return probabilities;
    }

    /** The fold of each row: groups class by class, in an order that is drawn once, dealt in turn. */
    static int[] folds(int[] truths, int[] groups) {
        final int[] first = new int[truths.length];
        Arrays.fill(first, -1);
        final List<Integer> dealt = new ArrayList<>();
        for (int row = 0; row < truths.length; row++) {
            if (first[groups[row]] < 0) {
                first[groups[row]] = row;
                dealt.add(row);
            }
        }
        dealt.sort(Comparator.<Integer>comparingInt(row -> truths[row]).thenComparingLong(row -> Seeds.of(3, row)));
        final int[] folds = new int[truths.length];
        for (int i = 0; i < dealt.size(); i++) {
            folds[dealt.get(i)] = i % FOLDS;
        }
        for (int row = 0; row < truths.length; row++) {
            folds[row] = folds[first[groups[row]]];
        }
        return folds;
    }
}
