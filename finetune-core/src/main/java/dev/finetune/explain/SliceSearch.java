package dev.finetune.explain;

import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Prediction;
import dev.finetune.internal.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Looks for slices of labelled texts in which a model is wrong more often than in the rest: by length (quarters of the rows by their
 * number of words), by true label, and by word (lower-cased).
 *
 * <pre>{@code
 * List<Example<Text>> rows = validation.asList();
 * List<Prediction> said = tuned.predict(rows.stream().map(Example::input).toList());
 * System.out.println(SliceSearch.usual().find(rows, said));
 * }</pre>
 *
 * <p>Each slice with enough rows, in it and outside of it, is compared with all other rows by Fisher's exact test (Fisher, "The design
 * of experiments", 1935), one-sided; the p-values of all of them are adjusted together by Benjamini and Hochberg ("Controlling the false
 * discovery rate", 1995), and those up to the false discovery rate are named. Slices overlap, and a word may stand for another one
 * that comes with it: a slice says where to look, not why.
 *
 * @param leastRows the fewest rows of a slice, and of the rest; 20 unless said otherwise
 * @param falseDiscoveryRate the share of the slices named that may be there by chance, 0.05 unless said otherwise
 */
public record SliceSearch(int leastRows, double falseDiscoveryRate) {
    private static final SliceSearch USUAL = new SliceSearch(20, 0.05);
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}\\p{N}]++(?:['\u2019][\\p{L}\\p{M}]++)*+");
    private static final int QUARTERS = 4;

    /**
     * Checks the numbers.
     *
     * @throws FinetuneException if a slice may be empty, or if the rate isn't between 0 and 1
     */
    public SliceSearch {
        if (leastRows < 1) {
            throw new FinetuneException("leastRows(" + leastRows + "): a slice has a row at least.");
        }
        if (!(falseDiscoveryRate > 0 && falseDiscoveryRate < 1)) {
            throw new FinetuneException(
                    "falseDiscoveryRate(" + falseDiscoveryRate + "): expected a share between 0 and 1, such as 0.05.");
        }
    }

    /** {@return a search for slices of at least 20 rows, of which one in twenty may be there by chance} */
    public static SliceSearch usual() {
        return USUAL;
    }

    /**
     * {@return the same for slices of at least so many rows}
     *
     * @param rows from 1 on
     */
    public SliceSearch leastRows(int rows) {
        return new SliceSearch(rows, falseDiscoveryRate);
    }

    /**
     * {@return the same with another share of slices that may be there by chance}
     *
     * @param rate between 0 and 1
     */
    public SliceSearch falseDiscoveryRate(double rate) {
        return new SliceSearch(leastRows, rate);
    }

    /**
     * {@return the slices in which predictions are wrong more often}
     *
     * @param rows labelled with a class or with several
     * @param predictions of the rows, in order
     * @throws FinetuneException if there aren't as many predictions as rows, or if rows have no classes
     */
    public Slices find(List<Example<Text>> rows, List<? extends Prediction> predictions) {
        final List<Example<Text>> all = Arguments.copy(rows, "rows");
        final List<Prediction> said = Arguments.copy(predictions, "predictions");
        if (all.size() != said.size()) {
            throw new FinetuneException(
                    "There are " + all.size() + " rows and " + said.size() + " predictions; each row has one.");
        }
        final boolean[] wrong = new boolean[all.size()];
        for (int i = 0; i < wrong.length; i++) {
            wrong[i] = !isRight(all.get(i).label(), said.get(i));
        }
        final int total = count(wrong, IntStream.range(0, wrong.length).boxed().toList());
        final List<Slice> slices = new ArrayList<>();
        final Fisher fisher = new Fisher(all.size());
        for (Slice.Kind kind : Slice.Kind.values()) {
            members(kind, all).forEach((name, some) -> {
                final int others = all.size() - some.size();
                if (some.size() >= leastRows && others >= leastRows) {
                    final int inside = count(wrong, some);
                    slices.add(new Slice(
                            kind,
                            name,
                            some.size(),
                            inside,
                            others,
                            total - inside,
                            fisher.atLeast(inside, some.size(), total),
                            1));
                }
            });
        }
        return new Slices(named(slices), slices.size(), all.size(), total, falseDiscoveryRate);
    }

    private static boolean isRight(Label label, Prediction prediction) {
        if (label instanceof Label.Category category) {
            return category.name().equals(prediction.label());
        }
        if (label instanceof Label.Categories categories && prediction instanceof Prediction.Categories said) {
            return categories.names().equals(Set.copyOf(said.labels()));
        }
        throw new FinetuneException(
                "Slices are of rows whose predictions are right or wrong, with a class or several; a row has"
                        + " the label " + label + " and the prediction " + prediction + ".");
    }

    private static int count(boolean[] wrong, List<Integer> rows) {
        return (int) rows.stream().filter(row -> wrong[row]).count();
    }

    private static Map<String, List<Integer>> members(Slice.Kind kind, List<Example<Text>> rows) {
        final List<Set<String>> names = kind == Slice.Kind.LENGTH
                ? lengths(rows)
                : rows.stream()
                        .map(row -> kind == Slice.Kind.LABEL ? labels(row.label()) : new HashSet<>(words(row.input())))
                        .toList();
        final Map<String, List<Integer>> members = new TreeMap<>();
        for (int i = 0; i < names.size(); i++) {
            for (String name : names.get(i)) {
                members.computeIfAbsent(name, any -> new ArrayList<>()).add(i);
            }
        }
        return members;
    }

    private static Set<String> labels(Label label) {
        return label instanceof Label.Category category ? Set.of(category.name()) : ((Label.Categories) label).names();
    }

    private static List<String> words(Text text) {
        final String second = text.pair();
        return WORD.matcher(second == null ? text.text() : text.text() + "\n" + second)
                .results()
                .map(match -> match.group().toLowerCase(Locale.ROOT))
                .toList();
    }

    /** For each row the quarter that its number of words lies in; equal numbers lie in the same one. */
    private static List<Set<String>> lengths(List<Example<Text>> rows) {
        final int[] counts =
                rows.stream().mapToInt(row -> words(row.input()).size()).toArray();
        final int[] sorted = counts.clone();
        Arrays.sort(sorted);
        final List<Set<String>> names = new ArrayList<>();
        for (int count : counts) {
            int low = sorted[0];
            int high = sorted[sorted.length - 1];
            for (int quarter = 1; quarter < QUARTERS; quarter++) {
                final int end = sorted[(int) ((long) quarter * sorted.length / QUARTERS)];
                if (end <= count) {
                    low = Math.max(low, end);
                } else {
                    high = Math.min(high, end - 1);
                }
            }
            names.add(Set.of(low == high ? low + (low == 1 ? " word" : " words") : low + " to " + high + " words"));
        }
        return names;
    }

    /** The slices up to the false discovery rate: of m p-values in order, the adjusted i-th is the least of m p_j / j for j from i on. */
    private List<Slice> named(List<Slice> slices) {
        final List<Slice> sorted = new ArrayList<>(slices);
        sorted.sort(Comparator.comparingDouble(Slice::pValue)
                .thenComparing(Comparator.comparingDouble((Slice slice) -> slice.errorRate() - slice.otherErrorRate())
                        .reversed()));
        double least = 1;
        for (int i = sorted.size() - 1; i >= 0; i--) {
            least = Math.min(least, sorted.get(i).pValue() * sorted.size() / (i + 1));
            sorted.set(i, sorted.get(i).adjusted(least));
        }
        return sorted.stream()
                .filter(slice -> slice.adjusted() <= falseDiscoveryRate)
                .toList();
    }
}
