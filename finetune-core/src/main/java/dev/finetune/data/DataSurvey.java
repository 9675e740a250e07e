package dev.finetune.data;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one pass over a data set shows.
 *
 * @param rows how many examples there are
 * @param hashes the hash codes of all inputs, sorted
 * @param classes how often each class or tag occurs; empty for labels without classes
 * @param kind the kind of label, or null if there is no example
 * @param empty inputs that have no text
 * @param unanswered examples whose answer, which is to be written, says nothing
 */
record DataSurvey(
        int rows,
        int[] hashes,
        ClassCounts classes,
        @Nullable Class<?> kind,
        Cases empty,
        Cases unanswered) {
    /** For a check that keeps but the first of what it finds. */
    static final int KEPT = 6;

    /** Of "train" or "validation". */
    static DataSurvey of(Dataset<?> data, String part) {
        Pass pass = new Pass(data.describe(), part, true, KEPT);
        data.forEach(pass::add);
        return pass.survey();
    }

    /** A pass over the rows of a data set. */
    static final class Pass {
        private final boolean keepsHashes;
        private final String part;
        private final LabelSet.Counter counter;
        private final Cases empty;
        private final Cases unanswered;
        private int[] hashes = new int[1024];
        private int rows;
        private @Nullable Class<?> kind;

        /**
         * A pass that has seen nothing yet.
         *
         * @param keepsHashes whether the survey is to have hash codes; without them it takes the same memory for any number
         *     of rows
         * @param most how many empty inputs are kept
         */
        Pass(String source, String part, boolean keepsHashes, int most) {
            this.part = part;
            this.keepsHashes = keepsHashes;
            this.counter = new LabelSet.Counter(source);
            this.empty = new Cases(most);
            this.unanswered = new Cases(most);
        }

        void add(Example<?> example) {
            if (keepsHashes) {
                hashes = rows == hashes.length ? Arrays.copyOf(hashes, 2 * rows) : hashes;
                hashes[rows] = example.input().hashCode();
            }
            rows++;
            kind = kind == null ? example.label().getClass() : kind;
            if (hasClasses(example.label().getClass())) {
                counter.add(example);
            }
            if (InputText.isEmpty(example.input())) {
                empty.add(new DataReport.Place(part, rows), "", "");
            }
            if (InputText.lacksAnswer(example)) {
                unanswered.add(new DataReport.Place(part, rows), InputText.quoted(example.input()), "");
            }
        }

        int rows() {
            return rows;
        }

        DataSurvey survey() {
            int[] sorted = Arrays.copyOf(hashes, keepsHashes ? rows : 0);
            Arrays.sort(sorted);
            ClassCounts counts = counter.counts().isEmpty() ? new ClassCounts(Map.of()) : ClassCounts.of(counter);
            return new DataSurvey(rows, sorted, counts, kind, empty, unanswered);
        }
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
}
