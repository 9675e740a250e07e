package dev.finetune.data;

import dev.finetune.data.DataReport.Case;
import dev.finetune.data.DataReport.Place;
import dev.finetune.internal.Seeds;
import dev.finetune.internal.lint.NearPairs;
import dev.finetune.internal.lint.Outliers;
import dev.finetune.internal.lint.Shingles;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Inputs that are nearly the same, but not quite: of each the one before it that is most like it.
 *
 * @param <I> the kind of input
 */
final class NearRepeats<I> {
    private final List<Distinct<I>> inputs = new ArrayList<>();
    private final Map<Integer, Near> leaked = new TreeMap<>();
    private final Map<Integer, Near> conflicting = new TreeMap<>();
    private final Map<Integer, Near> duplicated = new TreeMap<>();
    private final double numbersApart;

    /** An input, and where it was first seen in each part. */
    private static final class Distinct<I> {
        private final Example<I> example;
        private @Nullable Place train;
        private @Nullable Place validation;

        Distinct(Example<I> example) {
            this.example = example;
        }

        Place first() {
            return train != null ? train : Objects.requireNonNull(validation);
        }
    }

    /** The input that another one is like. */
    private record Near(int other, double similarity) {}

    /** Looks at rows, those of train first. */
    NearRepeats(List<PlacedRow<I>> rows) {
        final Map<I, Distinct<I>> known = new LinkedHashMap<>();
        for (PlacedRow<I> row : rows) {
            final Distinct<I> input =
                    known.computeIfAbsent(row.example().input(), key -> new Distinct<>(row.example()));
            if (row.place().part().equals(DataCheck.TRAIN)) {
                input.train = input.train == null ? row.place() : input.train;
            } else {
                input.validation = input.validation == null ? row.place() : input.validation;
            }
        }
        inputs.addAll(known.values());
        numbersApart = Outliers.of(inputs.stream()
                        .map(input -> input.example.label())
                        .filter(label -> label instanceof Label.Values)
                        .flatMap(label -> ((Label.Values) label).values().stream())
                        .mapToDouble(Double::doubleValue)
                        .toArray())
                .scale();
        NearPairs.find(
                inputs.stream().map(input -> shingles(input.example.input())).toList(), this::take);
    }

    private static int[][] shingles(Object input) {
        if (input instanceof Question question) {
            final long passage = question.context().hashCode();
            final int[] salted = Shingles.of(question.question());
            for (int i = 0; i < salted.length; i++) {
                salted[i] = (int) Seeds.of(passage, salted[i]);
            }
            Arrays.sort(salted);
            return new int[][] {salted};
        }
        return InputText.of(input).stream().map(Shingles::of).toArray(int[][]::new);
    }

    private void take(int earlier, int later, double similarity) {
        final Distinct<I> one = inputs.get(earlier);
        final Distinct<I> other = inputs.get(later);
        final Near near = new Near(earlier, similarity);
        if (differ(one.example.label(), other.example.label())) {
            conflicting.merge(later, near, NearRepeats::nearer);
        }
        if (one.train != null && other.train == null) {
            leaked.merge(later, near, NearRepeats::nearer);
        } else if (one.train != null) {
            duplicated.merge(later, near, NearRepeats::nearer);
        }
    }

    private static Near nearer(Near one, Near other) {
        final boolean isOther =
                other.similarity > one.similarity || other.similarity == one.similarity && other.other < one.other;
        return isOther ? other : one;
    }

    /** Of numbers only those that lie more than a robust standard deviation apart. */
    private boolean differ(Label one, Label other) {
        if (one instanceof Label.Values some && other instanceof Label.Values others) {
            for (int i = 0; i < Math.min(some.values().size(), others.values().size()); i++) {
                if (Math.abs(some.values().get(i) - others.values().get(i)) > numbersApart) {
                    return true;
                }
            }
            return false;
        }
        final boolean isOpen = one instanceof Label.Answers || one instanceof Label.None || one instanceof Label.Tags;
        return !isOpen && !one.equals(other);
    }

    void addTo(List<DataReport.Issue> issues) {
        cases(leaked, false)
                .addTo(
                        issues,
                        Finding.Code.NEAR_LEAKAGE,
                        "Inputs of validation that are nearly the same as one in train",
                        "They make validation look better than it is: take them out of one, unless such repeats are"
                                + " what the model will meet.");
        cases(conflicting, true)
                .addTo(
                        issues,
                        Finding.Code.NEAR_CONFLICTS,
                        "Inputs that are nearly the same and have different labels",
                        "Look whether the difference makes the label another one (a \"not\" does); if not,"
                                + " decide which is right.");
        cases(duplicated, false)
                .addTo(
                        issues,
                        Finding.Code.NEAR_DUPLICATES,
                        "Inputs in train that are nearly the same as another one",
                        "They count as often as they occur: leave out what isn't meant.");
    }

    private Cases cases(Map<Integer, Near> found, boolean withLabels) {
        final Cases cases = new Cases(Cases.MOST);
        found.forEach((later, near) -> {
            final Distinct<I> one = inputs.get(near.other);
            final Distinct<I> other = inputs.get(later);
            final Place place = found == leaked ? Objects.requireNonNull(one.train) : one.first();
            final String labels = withLabels
                    ? "; " + InputText.cut(InputText.label(one.example.label())) + " and "
                            + InputText.cut(InputText.label(other.example.label()))
                    : "";
            cases.add(new Case(
                    List.of(place, other.first()),
                    InputText.quoted(other.example.input()),
                    String.format(
                            Locale.ROOT,
                            "%.2f like %s%s",
                            near.similarity,
                            InputText.quoted(one.example.input()),
                            labels)));
        });
        return cases;
    }
}
