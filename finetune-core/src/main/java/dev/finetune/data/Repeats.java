package dev.finetune.data;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Inputs that occur more than once. Only inputs whose hash code does are kept and compared; most data has few.
 *
 * @param <I> the kind of input
 */
final class Repeats<I> {
    private static final int SHOWN_LENGTH = 60;

    private final int[] repeatedHashes;
    private final Map<I, Sightings> seen = new LinkedHashMap<>();
    /** The first label of each input, to compare the later ones with. */
    private final Map<I, Label> labels = new HashMap<>();

    /** Where an input was seen, as example numbers counted from 1; 0 where it wasn't. */
    private static final class Sightings {
        private int train;
        private int validation;
        private int timesInTrain;
        private @Nullable Label otherLabel;
        private String firstRow = "";
        private String otherRow = "";
    }

    /**
     * An input that occurs more than once.
     *
     * @param shown the start of the input, and where it is
     * @param rows where it is
     */
    record Case(String shown, String rows) {}

    Repeats(Dataset<I> train, DataSurvey survey) {
        this.repeatedHashes = repeated(survey.hashes());
        look(train, true);
    }

    Repeats(Dataset<I> train, DataSurvey trainSurvey, Dataset<I> validation, DataSurvey validationSurvey) {
        int[] all = Arrays.copyOf(trainSurvey.hashes(), trainSurvey.rows() + validationSurvey.rows());
        System.arraycopy(validationSurvey.hashes(), 0, all, trainSurvey.rows(), validationSurvey.rows());
        Arrays.sort(all);
        this.repeatedHashes = repeated(all);
        look(train, true);
        look(validation, false);
    }

    /** The values that occur more than once among sorted ones. */
    private static int[] repeated(int[] sorted) {
        int[] found = new int[sorted.length / 2];
        int count = 0;
        for (int i = 1; i < sorted.length; i++) {
            boolean known = count > 0 && found[count - 1] == sorted[i];
            if (sorted[i] == sorted[i - 1] && !known) {
                found[count++] = sorted[i];
            }
        }
        return Arrays.copyOf(found, count);
    }

    private void look(Dataset<I> data, boolean train) {
        if (repeatedHashes.length == 0) {
            return;
        }
        int row = 0;
        for (Example<I> example : data) {
            row++;
            if (Arrays.binarySearch(repeatedHashes, example.input().hashCode()) >= 0) {
                add(example, row, train);
            }
        }
    }

    private void add(Example<I> example, int row, boolean train) {
        Sightings sightings = seen.computeIfAbsent(example.input(), input -> new Sightings());
        String place = (train ? "train " : "validation ") + row;
        sightings.firstRow = sightings.firstRow.isEmpty() ? place : sightings.firstRow;
        if (train) {
            sightings.train = sightings.train == 0 ? row : sightings.train;
            sightings.timesInTrain++;
        } else if (sightings.validation == 0) {
            sightings.validation = row;
        }
        Label first = labels.putIfAbsent(example.input(), example.label());
        // A question may well have several answers.
        if (first != null && !first.equals(example.label()) && !(first instanceof Label.Answers)) {
            sightings.otherRow = sightings.otherLabel == null ? place : sightings.otherRow;
            sightings.otherLabel = sightings.otherLabel == null ? example.label() : sightings.otherLabel;
        }
    }

    /** Inputs in both parts. */
    List<Case> shared() {
        return list(sightings -> sightings.train > 0 && sightings.validation > 0, (input, sightings) -> {
            String rows = "train " + sightings.train + " and validation " + sightings.validation;
            return new Case(quoted(input, rows), rows);
        });
    }

    /** Inputs with more than one label. */
    List<Case> conflicting() {
        return list(
                sightings -> sightings.otherLabel != null,
                (input, sightings) -> new Case(
                        quoted(
                                input,
                                show(Objects.requireNonNull(labels.get(input))) + " and "
                                        + show(Objects.requireNonNull(sightings.otherLabel))),
                        sightings.firstRow + " and " + sightings.otherRow));
    }

    /** Inputs more than once in train. */
    List<Case> duplicated() {
        return list(sightings -> sightings.timesInTrain > 1, (input, sightings) -> {
            String rows = sightings.timesInTrain + " times, first at " + sightings.train;
            return new Case(quoted(input, rows), rows);
        });
    }

    private interface Detail<I> {
        Case of(I input, Sightings sightings);
    }

    private List<Case> list(Predicate<Sightings> which, Detail<I> detail) {
        return seen.entrySet().stream()
                .filter(entry -> which.test(entry.getValue()))
                .map(entry -> detail.of(entry.getKey(), entry.getValue()))
                .toList();
    }

    private String quoted(I input, String detail) {
        return "\"" + trim(show(input)) + "\" (" + detail + ")";
    }

    private static String show(Object input) {
        if (input instanceof Text text) {
            return text.pair() == null ? text.text() : text.text() + " | " + text.pair();
        }
        if (input instanceof Words words) {
            return String.join(" ", words.words());
        }
        if (input instanceof Question question) {
            return question.question();
        }
        if (input instanceof Label.Category category) {
            return category.name();
        }
        if (input instanceof Label.Categories categories) {
            return categories.names().stream().sorted().toList().toString();
        }
        if (input instanceof Label.Values values) {
            return values.values().toString();
        }
        if (input instanceof Label.Tags tags) {
            return trim(String.join(" ", tags.tags()));
        }
        return input.toString();
    }

    private static String trim(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        if (line.codePointCount(0, line.length()) <= SHOWN_LENGTH) {
            return line;
        }
        return line.substring(0, line.offsetByCodePoints(0, SHOWN_LENGTH)) + "...";
    }
}
