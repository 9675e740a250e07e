package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Splits a data set so that each class is represented in each part in proportion. */
final class Stratification {
    private static final String UNGROUPED = "";
    private static final String SET = "set:";

    private Stratification() {}

    static <I> Split<I> split(Dataset<I> data, double train, double validation, double test, long seed) {
        checkFractions(train, validation, test);
        if (data.size().isEmpty()) {
            throw new FinetuneException("A streamed data set can't be split (" + data.describe()
                    + "): nobody knows its size and classes. Read it without streamed(), or keep the parts in files of"
                    + " their own.");
        }
        List<Example<I>> examples = data.asList();
        List<int[]> groups = groups(examples);
        int[] sizes = groups.stream().mapToInt(group -> group.length).toArray();
        int[] none = new int[sizes.length];
        int[] testSizes = test > 0 ? allocate(sizes, test, none) : none;
        int[] validationSizes = allocate(sizes, validation, testSizes);

        SplitMix random = new SplitMix(seed);
        List<Integer> trainRows = new ArrayList<>();
        List<Integer> validationRows = new ArrayList<>();
        List<Integer> testRows = new ArrayList<>();
        for (int g = 0; g < sizes.length; g++) {
            int[] rows = groups.get(g);
            random.shuffle(rows, 0, rows.length);
            for (int i = 0; i < rows.length; i++) {
                boolean tested = i < testSizes[g];
                boolean validated = !tested && i < testSizes[g] + validationSizes[g];
                (tested ? testRows : validated ? validationRows : trainRows).add(rows[i]);
            }
        }
        return new Split<>(
                part(data, examples, trainRows, "train", true),
                part(data, examples, validationRows, "validation", true),
                part(data, examples, testRows, "test", test > 0));
    }

    static <I> List<Split<I>> folds(Dataset<I> data, int count, long seed) {
        if (data.size().isEmpty()) {
            throw new FinetuneException("A streamed data set can't be cut into folds (" + data.describe()
                    + "): nobody knows its size and classes. Read it without streamed().");
        }
        List<Example<I>> examples = data.asList();
        if (count < 2 || count > examples.size()) {
            throw new FinetuneException("There can be 2 to " + examples.size()
                    + " folds, one example each at least, not " + count + ". Data: " + data.describe());
        }
        SplitMix random = new SplitMix(seed);
        int[] foldOf = new int[examples.size()];
        int dealt = 0;
        for (int[] rows : groups(examples)) {
            random.shuffle(rows, 0, rows.length);
            for (int row : rows) {
                foldOf[row] = dealt++ % count;
            }
        }
        List<Split<I>> folds = new ArrayList<>();
        for (int fold = 0; fold < count; fold++) {
            List<Integer> train = new ArrayList<>();
            List<Integer> validation = new ArrayList<>();
            for (int row = 0; row < foldOf.length; row++) {
                (foldOf[row] == fold ? validation : train).add(row);
            }
            String name = "fold " + (fold + 1) + " of " + count;
            folds.add(Split.of(
                    part(data, examples, train, "all but " + name + ", the training", true),
                    part(data, examples, validation, name + ", the validation", true)));
        }
        return folds;
    }

    private static void checkFractions(double train, double validation, double test) {
        if (!(validation > 0 && validation < 1)) {
            throw new FinetuneException("The validation fraction is " + validation
                    + ", expected above 0 and below 1 (0.1 sets a tenth aside).");
        }
        if (!(train > 0) || !(Math.abs(train + validation + test - 1) < 1e-6)) {
            throw new FinetuneException("The fractions are " + train + " (train), " + validation + " (validation) and "
                    + test + " (test), expected numbers above 0 that sum to 1, such as 0.8, 0.1, 0.1.");
        }
    }

    /** The rows of each class, classes in sorted order. */
    private static <I> List<int[]> groups(List<Example<I>> examples) {
        SortedMap<String, List<Integer>> rows = new TreeMap<>();
        for (int row = 0; row < examples.size(); row++) {
            rows.computeIfAbsent(group(examples.get(row).label()), key -> new ArrayList<>())
                    .add(row);
        }
        return pooled(rows).values().stream()
                .map(group -> group.stream().mapToInt(Integer::intValue).toArray())
                .toList();
    }

    /**
     * Sets of classes that occur once are drawn from together: with many classes most sets are rare, and keeping all of
     * them in train would leave validation with the common ones only.
     */
    private static SortedMap<String, List<Integer>> pooled(SortedMap<String, List<Integer>> rows) {
        SortedMap<String, List<Integer>> result = new TreeMap<>();
        rows.forEach((key, group) -> {
            boolean rareSet = key.startsWith(SET) && group.size() == 1;
            result.computeIfAbsent(rareSet ? UNGROUPED : key, k -> new ArrayList<>())
                    .addAll(group);
        });
        return result;
    }

    private static String group(Label label) {
        if (label instanceof Label.Category category) {
            return "class:" + category.name();
        }
        if (label instanceof Label.Categories categories) {
            return SET + String.join("\u0000", new TreeSet<>(categories.names()));
        }
        return UNGROUPED;
    }

    /**
     * How many of each group go to a part: the whole ones of its fair share, then one more each to those with the
     * largest remainder until the part has its size; at least one of each group is left for train.
     */
    private static int[] allocate(int[] sizes, double fraction, int[] taken) {
        int total = IntStream.of(sizes).sum();
        double[] remainders = new double[sizes.length];
        int[] counts = new int[sizes.length];
        for (int g = 0; g < sizes.length; g++) {
            double share = sizes[g] * fraction + 1e-9;
            remainders[g] = share - Math.floor(share);
            counts[g] = Math.min((int) share, sizes[g] - taken[g] - 1);
        }
        long wanted =
                Math.max(1, Math.round(total * fraction)) - IntStream.of(counts).sum();
        int[] byRemainder = IntStream.range(0, sizes.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer g) -> -remainders[g]))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int g : byRemainder) {
            if (wanted > 0 && counts[g] < sizes[g] - taken[g] - 1 && counts[g] < sizes[g] * fraction - 1e-9) {
                counts[g]++;
                wanted--;
            }
        }
        return counts;
    }

    private static <I> Dataset<I> part(
            Dataset<I> data, List<Example<I>> examples, List<Integer> rows, String name, boolean wanted) {
        if (wanted && rows.isEmpty()) {
            throw new FinetuneException("The " + name + " part of this split would be empty: " + examples.size()
                    + " examples are too few (a class of one example stays in train). Add examples, use a larger"
                    + " fraction, train on all of them with fitAll(dataset), or bring a part of your own:"
                    + " fit(train, validation). Data: " + data.describe());
        }
        int[] inOrder = rows.stream().mapToInt(Integer::intValue).toArray();
        Arrays.sort(inOrder);
        List<Example<I>> part = IntStream.of(inOrder).mapToObj(examples::get).toList();
        return new ListDataset<>(data.inputType(), part, data.describe() + ", " + name + " part of " + part.size());
    }
}
