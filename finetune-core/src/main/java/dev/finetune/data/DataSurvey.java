package dev.finetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one pass over a data set shows.
 *
 * @param rows how many examples there are
 * @param hashes the hash codes of all inputs, sorted
 * @param classes how often each class or tag occurs; empty for labels without classes
 * @param kind the kind of label, or null if there is no example
 * @param empty how many inputs have no text
 * @param firstEmpty the first of them, as example numbers counted from 1
 */
record DataSurvey(
        int rows,
        int[] hashes,
        ClassCounts classes,
        @Nullable Class<?> kind,
        int empty,
        List<String> firstEmpty) {
    private static final int KEPT = 6;

    static DataSurvey of(Dataset<?> data) {
        int[] hashes = new int[1024];
        int rows = 0;
        int empty = 0;
        List<String> firstEmpty = new ArrayList<>();
        LabelSet.Counter counter = new LabelSet.Counter(data.describe());
        Class<?> kind = null;
        for (Example<?> example : data) {
            if (rows == hashes.length) {
                hashes = Arrays.copyOf(hashes, 2 * rows);
            }
            hashes[rows++] = example.input().hashCode();
            kind = kind == null ? example.label().getClass() : kind;
            if (hasClasses(example.label().getClass())) {
                counter.add(example);
            }
            if (isEmpty(example.input())) {
                empty++;
                if (firstEmpty.size() < KEPT) {
                    firstEmpty.add(String.valueOf(rows));
                }
            }
        }
        int[] sorted = Arrays.copyOf(hashes, rows);
        Arrays.sort(sorted);
        ClassCounts counts = counter.counts().isEmpty() ? new ClassCounts(Map.of()) : ClassCounts.of(counter);
        return new DataSurvey(rows, sorted, counts, kind, empty, firstEmpty);
    }

    private static boolean hasClasses(@Nullable Class<?> kind) {
        return kind == Label.Category.class || kind == Label.Categories.class || kind == Label.Tags.class;
    }

    boolean classed() {
        return hasClasses(kind);
    }

    boolean multiLabel() {
        return kind == Label.Categories.class;
    }

    boolean tagged() {
        return kind == Label.Tags.class;
    }

    private static boolean isEmpty(Object input) {
        if (input instanceof Text text) {
            String pair = text.pair();
            return text.text().isBlank() || (pair != null && pair.isBlank());
        }
        if (input instanceof Words words) {
            return words.words().stream().allMatch(String::isBlank);
        }
        if (input instanceof Question question) {
            return question.question().isBlank() || question.context().isBlank();
        }
        return false;
    }
}
