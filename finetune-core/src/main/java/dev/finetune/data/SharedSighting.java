package dev.finetune.data;

import dev.finetune.data.DataReport.Case;
import dev.finetune.data.DataReport.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where all processes together have an input that occurs more than once; they are added in their order. */
final class SharedSighting {
    private final List<Place> train = new ArrayList<>();
    private String quote = "";
    private int timesInTrain;
    private boolean isOfPairs;
    private FirstCases.@Nullable Order first;
    private Sighting.@Nullable Labelled firstLabel;
    private @Nullable Place firstPlace;
    private Sighting.@Nullable Labelled otherLabel;
    private @Nullable Place otherPlace;
    private @Nullable Place validation;

    void add(int process, Sighting one) {
        final Sighting.Labelled itsFirst = Objects.requireNonNull(one.first);
        one.train.stream()
                .limit(Math.max(0, Sighting.MOST_PLACES - train.size()))
                .forEach(row -> train.add(SharedCases.place(process, DataCheck.TRAIN, row)));
        timesInTrain += one.timesInTrain;
        isOfPairs = one.isOfPairs;
        if (validation == null && one.firstInValidation > 0) {
            validation = SharedCases.place(process, DataCheck.VALIDATION, one.firstInValidation);
        }
        final FirstCases.Order order = new FirstCases.Order(!itsFirst.isTrain(), process, itsFirst.row());
        if (first == null || order.compareTo(first) < 0) {
            first = order;
        }
        if (firstLabel == null) {
            quote = one.quote;
            firstLabel = itsFirst;
            firstPlace = place(process, itsFirst);
            take(process, one.other);
        } else if (otherLabel == null) {
            take(process, itsFirst.contradicts(firstLabel) ? itsFirst : one.other);
        }
    }

    private void take(int process, Sighting.@Nullable Labelled other) {
        if (other != null) {
            otherLabel = other;
            otherPlace = place(process, other);
        }
    }

    private static Place place(int process, Sighting.Labelled one) {
        return SharedCases.place(process, one.isTrain() ? DataCheck.TRAIN : DataCheck.VALIDATION, one.row());
    }

    /** By which it stands among the others. */
    FirstCases.Order first() {
        return Objects.requireNonNull(first);
    }

    Optional<Case> shared() {
        return train.isEmpty() || validation == null
                ? Optional.empty()
                : Optional.of(new Case(List.of(train.get(0), validation), quote, ""));
    }

    Optional<Case> conflicting() {
        return otherLabel == null
                ? Optional.empty()
                : Optional.of(new Case(
                        List.of(Objects.requireNonNull(firstPlace), Objects.requireNonNull(otherPlace)),
                        quote,
                        Objects.requireNonNull(firstLabel).told() + " and " + otherLabel.told()));
    }

    Optional<Case> duplicated() {
        return timesInTrain < 2 || isOfPairs
                ? Optional.empty()
                : Optional.of(new Case(train, quote, timesInTrain + " times, first at " + train.get(0)));
    }
}
