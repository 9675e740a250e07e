package dev.finetune.data;

import dev.finetune.data.DataReport.Case;
import dev.finetune.data.DataReport.Place;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Inputs that occur more than once. Only inputs whose hash code does are kept and compared; most data has few.
 *
 * @param <I> the kind of input
 */
final class Repeats<I> {
    private static final int MOST_PLACES = 100;

    private final int[] repeatedHashes;
    private final Map<I, Sightings> seen = new LinkedHashMap<>();
    /** The first label of each input, to compare the later ones with. */
    private final Map<I, Label> labels = new HashMap<>();

    /** Where an input was seen, as example numbers counted from 1. */
    private static final class Sightings {
        private final List<Place> train = new ArrayList<>();
        private final List<Place> validation = new ArrayList<>();
        private int timesInTrain;
        private boolean isOfPairs;
        private @Nullable Label otherLabel;
        private @Nullable Place firstRow;
        private @Nullable Place otherRow;
    }

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
        Place place = new Place(train ? DataCheck.TRAIN : DataCheck.VALIDATION, row);
        sightings.firstRow = sightings.firstRow == null ? place : sightings.firstRow;
        sightings.timesInTrain += train ? 1 : 0;
        sightings.isOfPairs = example.label() instanceof Label.Comparison;
        List<Place> places = train ? sightings.train : sightings.validation;
        if (places.size() < MOST_PLACES) {
            places.add(place);
        }
        Label first = labels.putIfAbsent(example.input(), example.label());
        // A question, or a prompt, may well have several answers.
        if (first != null
                && !first.equals(example.label())
                && !(first instanceof Label.Answers)
                && !(first instanceof Label.Completion)
                && !(first instanceof Label.Comparison)) {
            sightings.otherRow = sightings.otherLabel == null ? place : sightings.otherRow;
            sightings.otherLabel = sightings.otherLabel == null ? example.label() : sightings.otherLabel;
        }
    }

    /** Inputs in both parts: where first in each. */
    List<Case> shared() {
        return list(
                sightings -> !sightings.train.isEmpty() && !sightings.validation.isEmpty(),
                (input, sightings) -> new Case(
                        List.of(sightings.train.get(0), sightings.validation.get(0)), InputText.quoted(input), ""));
    }

    /** Inputs with more than one label: the first row, and the first with another label. */
    List<Case> conflicting() {
        return list(
                sightings -> sightings.otherLabel != null,
                (input, sightings) -> new Case(
                        List.of(Objects.requireNonNull(sightings.firstRow), Objects.requireNonNull(sightings.otherRow)),
                        InputText.quoted(input),
                        InputText.label(Objects.requireNonNull(labels.get(input))) + " and "
                                + InputText.label(Objects.requireNonNull(sightings.otherLabel))));
    }

    /** Inputs more than once in train; but a prompt may well have several pairs of answers. */
    List<Case> duplicated() {
        return list(
                sightings -> sightings.timesInTrain > 1 && !sightings.isOfPairs,
                (input, sightings) -> new Case(
                        sightings.train,
                        InputText.quoted(input),
                        sightings.timesInTrain + " times, first at "
                                + sightings.train.get(0).row()));
    }

    private List<Case> list(Predicate<Sightings> which, BiFunction<I, Sightings, Case> made) {
        return seen.entrySet().stream()
                .filter(entry -> which.test(entry.getValue()))
                .map(entry -> made.apply(entry.getKey(), entry.getValue()))
                .toList();
    }
}
