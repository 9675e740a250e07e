package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * The names of a model's classes, in the order of its outputs: the name at index {@code i} belongs to logit {@code i}.
 *
 * <pre>{@code
 * LabelSet labels = LabelSet.discover(train);
 * int index = labels.indexOf("positive");
 * }</pre>
 */
public final class LabelSet {
    private static final int SHOWN = 20;

    private final List<String> names;
    private final Map<String, Integer> indices = new HashMap<>();

    private LabelSet(List<String> names) {
        this.names = Arguments.copy(names, "names");
        for (String name : this.names) {
            if (indices.putIfAbsent(name, indices.size()) != null) {
                throw new FinetuneException("The label \"" + name + "\" is given twice, at index " + indices.get(name)
                        + " and again after it. Each label needs a name of its own.");
            }
        }
    }

    /**
     * {@return labels in the given order}
     *
     * @param names in the order of the outputs
     * @throws FinetuneException if there are none, or a name occurs twice
     */
    public static LabelSet of(List<String> names) {
        Objects.requireNonNull(names, "names");
        if (names.isEmpty()) {
            throw new FinetuneException("A label set needs at least one name, but the list is empty.");
        }
        return new LabelSet(names);
    }

    /**
     * {@return labels in the given order}
     *
     * @param names in the order of the outputs, each once
     */
    public static LabelSet of(String... names) {
        return of(Arguments.copy("names", names));
    }

    /**
     * {@return the labels that occur in a data set} Classes are in numeric order if all their names are integers, else
     * in that of {@link String#compareTo}; tags of words are {@code O} first, then by type, {@code B-} before {@code
     * I-}.
     *
     * @param data labelled examples; streamed ones are read once
     * @throws FinetuneException if there are none, if an example has no label or numbers or answers for one, or if labels
     *     are of different kinds
     */
    public static LabelSet discover(Dataset<?> data) {
        Objects.requireNonNull(data, "data");
        Counter counter = new Counter(data.describe());
        data.forEach(counter::add);
        if (counter.counts().isEmpty()) {
            throw new FinetuneException("There are no labels in this data: " + data.describe()
                    + ". Check that it isn't empty and that the right label column was read.");
        }
        return new LabelSet(counter.order());
    }

    /** {@return how many labels there are} */
    public int size() {
        return names.size();
    }

    /** {@return all names in order} */
    public List<String> names() {
        return names;
    }

    /**
     * {@return whether there is a label of this name}
     *
     * @param name as the data writes it
     */
    public boolean contains(String name) {
        Objects.requireNonNull(name, "name");
        return indices.containsKey(name);
    }

    /**
     * {@return the name at an index}
     *
     * @param index from 0
     * @throws FinetuneException if the index is out of range
     */
    public String name(int index) {
        if (index < 0 || index >= names.size()) {
            throw new FinetuneException("There is no label at index " + index + "; indices run from 0 to "
                    + (names.size() - 1) + ": " + listed() + ".");
        }
        return names.get(index);
    }

    /**
     * {@return the index of a name}
     *
     * @param name as the data writes it
     * @throws FinetuneException if there is no such label; the message names those that there are
     */
    public int indexOf(String name) {
        Objects.requireNonNull(name, "name");
        Integer index = indices.get(name);
        if (index == null) {
            throw new FinetuneException("Unknown label \"" + name + "\"" + nearest(name) + ". The " + names.size()
                    + " known labels are: " + listed()
                    + ". Correct or map it in the data, or train a head for all labels: head(\"a\", \"b\", ...).");
        }
        return index;
    }

    private String nearest(String name) {
        int near = Math.max(1, name.length() / 3);
        return names.stream()
                .filter(known -> distance(name, known) <= near)
                .min(Comparator.comparingInt(known -> distance(name, known)))
                .map(known -> " (did you mean \"" + known + "\"?)")
                .orElse("");
    }

    /** Edit distance of Levenshtein, without regard to case. */
    private static int distance(String left, String right) {
        String a = left.strip().toLowerCase(Locale.ROOT);
        String b = right.strip().toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }

    private String listed() {
        String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LabelSet labels && names.equals(labels.names);
    }

    @Override
    public int hashCode() {
        return names.hashCode();
    }

    @Override
    public String toString() {
        return listed();
    }

    /** Counts the names of one kind of label. */
    static final class Counter {
        private final String source;
        private final Map<String, Long> counts = new LinkedHashMap<>();
        private long rows;
        private Class<?> kind = Void.class;

        Counter(String source) {
            this.source = source;
        }

        void add(Example<?> example) {
            rows++;
            Label label = example.label();
            if (rows == 1) {
                kind = label.getClass();
            } else if (kind != label.getClass()) {
                throw new FinetuneException("Example " + rows + " has a label of another kind ("
                        + label.getClass().getSimpleName() + ") than those before it (" + kind.getSimpleName()
                        + "). Labels of one data set must be of one kind. Data: " + source);
            }
            if (label instanceof Label.Category category) {
                count(category.name());
            } else if (label instanceof Label.Categories categories) {
                categories.names().forEach(this::count);
            } else if (label instanceof Label.Tags tags) {
                tags.tags().forEach(this::count);
            } else {
                throw new FinetuneException("Example " + rows + " has no class to count, its label is: " + label
                        + ". Expected classes or tags; for numbers no label set is needed. Data: " + source);
            }
        }

        private void count(String name) {
            counts.merge(name, 1L, Long::sum);
        }

        Map<String, Long> counts() {
            return counts;
        }

        List<String> order() {
            return kind == Label.Tags.class ? LabelOrder.tags(counts.keySet()) : LabelOrder.classes(counts.keySet());
        }
    }
}
