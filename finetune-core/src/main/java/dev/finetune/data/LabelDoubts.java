package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.lint.ConfidentLearning;
import dev.finetune.internal.lint.OutOfFold;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Labels that are probably wrong, among rows of one class each.
 *
 * @param <I> the kind of input
 */
final class LabelDoubts<I> {
    private static final int LEAST_ROWS = 20;
    private static final int BATCH = 256;

    private final List<PlacedRow<I>> rows;
    private final Optional<Function<List<I>, List<float[]>>> vectors;
    private final List<String> classes = new ArrayList<>();

    /** Of all rows those that can be judged: of classes that every fold can have a row of. */
    LabelDoubts(List<PlacedRow<I>> all, Optional<Function<List<I>, List<float[]>>> vectors) {
        this.vectors = vectors;
        final Map<String, Integer> counts = new LinkedHashMap<>();
        all.forEach(row -> counts.merge(name(row), 1, Integer::sum));
        counts.forEach((name, count) -> {
            if (count >= OutOfFold.FOLDS) {
                classes.add(name);
            }
        });
        final Map<String, Integer> kept = indices();
        this.rows = all.stream().filter(row -> kept.containsKey(name(row))).toList();
    }

    private static String name(PlacedRow<?> row) {
        return ((Label.Category) row.example().label()).name();
    }

    private Map<String, Integer> indices() {
        final Map<String, Integer> indices = new HashMap<>();
        classes.forEach(name -> indices.put(name, indices.size()));
        return indices;
    }

    /** Adds them, or why they weren't looked for. */
    void addTo(List<DataReport.Issue> issues, List<String> leftOut) {
        if (rows.size() < LEAST_ROWS || classes.size() < 2) {
            leftOut.add("label-errors: needs " + LEAST_ROWS + " rows, and two classes of " + OutOfFold.FOLDS
                    + ", of which there are " + rows.size() + " and " + classes.size()
                    + (vectors.isEmpty() ? "" : ", so that no vector was asked for"));
            return;
        }
        if (vectors.isEmpty() && InputText.of(rows.get(0).example().input()).isEmpty()) {
            leftOut.add("label-errors: these inputs aren't made of text; embeddedBy(...) gives their vectors");
            return;
        }
        final Map<String, Integer> indices = indices();
        final int[] truths =
                rows.stream().mapToInt(row -> indices.get(name(row))).toArray();
        final float[][] probabilities = probabilities(truths);
        final double right = accuracy(probabilities, truths);
        final double usual = usual(truths);
        final double chance = 2 * Math.sqrt(usual * (1 - usual) / truths.length);
        if (right <= usual + chance) {
            leftOut.add(String.format(
                    Locale.ROOT,
                    "label-errors: the linear classifier is right for %.0f %% of the rows, no more than always saying the most"
                            + " frequent class (%.0f %%), so that it tells nothing%s",
                    100 * right,
                    100 * usual,
                    vectors.isEmpty() ? "; embeddedBy(...) gives it vectors that tell more" : ""));
            return;
        }
        final ConfidentLearning found = ConfidentLearning.of(probabilities, truths, classes.size());
        final Cases cases = new Cases(Cases.MOST);
        for (ConfidentLearning.Doubt doubt : found.doubts()) {
            final float[] p = probabilities[doubt.row()];
            final PlacedRow<I> row = rows.get(doubt.row());
            cases.add(
                    row.place(),
                    InputText.quoted(row.example().input()),
                    String.format(
                            Locale.ROOT,
                            "labelled %s, probably %s (%.2f against %.2f)",
                            InputText.cut(name(row)),
                            InputText.cut(classes.get(doubt.probable())),
                            p[doubt.probable()],
                            p[truths[doubt.row()]]));
        }
        cases.addTo(
                issues,
                Finding.Code.LABEL_ERRORS,
                String.format(
                        Locale.ROOT,
                        "Labels that are probably wrong, the most doubtful first, by a linear classifier of %s that is right for"
                                + " %.0f %% of the rows, which it hasn't seen; it estimates that %.0f %% of all labels are wrong",
                        vectors.isEmpty() ? "words" : "vectors",
                        100 * right,
                        100 * found.wrongShare()),
                "Read them from the top, and correct those that are wrong; further down the classifier is the one that errs.");
    }

    private float[][] probabilities(int[] truths) {
        final Map<I, Integer> known = new HashMap<>();
        final int[] groups = rows.stream()
                .mapToInt(row -> {
                    final Integer next = known.size();
                    final Integer group = known.putIfAbsent(row.example().input(), next);
                    return group == null ? next : group;
                })
                .toArray();
        return vectors.map(given -> OutOfFold.ofVectors(embedded(given), truths, groups, classes.size()))
                .orElseGet(() -> OutOfFold.ofTexts(
                        rows.stream()
                                .map(row -> InputText.of(row.example().input()).toArray(new String[0]))
                                .toList(),
                        truths,
                        groups,
                        classes.size()));
    }

    private static void checkNumbers(float @Nullable [] vector, Object place) {
        if (vector == null) {
            throw new FinetuneException("embeddedBy(...): there is no vector of " + place + "; expected one each.");
        }
        for (float number : vector) {
            if (!Float.isFinite(number)) {
                throw new FinetuneException("embeddedBy(...): the vector of " + place + " holds " + number
                        + "; expected numbers that are finite.");
            }
        }
    }

    private List<float[]> embedded(Function<List<I>, List<float[]>> given) {
        final List<float[]> all = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += BATCH) {
            final List<I> asked = rows.subList(from, Math.min(rows.size(), from + BATCH)).stream()
                    .map(row -> row.example().input())
                    .toList();
            final @Nullable List<float[]> made = given.apply(asked);
            if (made == null || made.size() != asked.size()) {
                throw new FinetuneException("embeddedBy(...): of " + asked.size() + " inputs there are "
                        + (made == null ? "no" : made.size()) + " vectors; expected one each.");
            }
            for (int i = 0; i < made.size(); i++) {
                checkNumbers(made.get(i), rows.get(from + i).place());
            }
            all.addAll(made);
        }
        final int width = all.get(0).length;
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).length != width || width == 0) {
                throw new FinetuneException("embeddedBy(...): the vector of "
                        + rows.get(i).place() + " has "
                        + all.get(i).length + " numbers, that of " + rows.get(0).place() + " " + width
                        + "; expected vectors of one width, and not of 0.");
            }
        }
        return all;
    }

    private static double accuracy(float[][] probabilities, int[] truths) {
        int right = 0;
        for (int row = 0; row < truths.length; row++) {
            int best = 0;
            for (int k = 1; k < probabilities[row].length; k++) {
                best = probabilities[row][k] > probabilities[row][best] ? k : best;
            }
            right += best == truths[row] ? 1 : 0;
        }
        return (double) right / truths.length;
    }

    /** The share of the most frequent class. */
    private double usual(int[] truths) {
        final int[] counts = new int[classes.size()];
        int most = 0;
        for (int truth : truths) {
            most = Math.max(most, ++counts[truth]);
        }
        return (double) most / truths.length;
    }
}
