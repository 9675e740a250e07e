package dev.finetune.data;

import dev.finetune.data.DataReport.Issue;
import dev.finetune.data.DataReport.Place;
import dev.finetune.data.Finding.Code;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.lint.Languages;
import dev.finetune.internal.lint.Outliers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All checks of data, one after the other.
 *
 * @param <I> the kind of input
 */
final class ThoroughCheck<I> {
    /** A text isn't odd that is less than twice as long as others, or as short, however much alike these are. */
    private static final double LEAST_RATIO = Math.log(2);

    private static final double FAR = 5;
    private static final double FAR_NUMBER = 8;
    private static final List<Code> ORDER = List.of(
            Code.NO_EXAMPLES,
            Code.ONE_CLASS,
            Code.NO_VALIDATION,
            Code.UNSEEN_CLASSES,
            Code.ABSENT_CLASSES,
            Code.LEAKAGE,
            Code.NEAR_LEAKAGE,
            Code.CONFLICTING_LABELS,
            Code.NEAR_CONFLICTS,
            Code.LABEL_ERRORS,
            Code.ALIKE_CLASSES,
            Code.BLANK_CLASSES,
            Code.ODD_VALUES,
            Code.EMPTY_INPUTS,
            Code.EMPTY_ANSWERS,
            Code.CUT_ANSWERS,
            Code.TRUNCATED,
            Code.ODD_ENCODING,
            Code.OTHER_LANGUAGE,
            Code.MARKUP,
            Code.NORMAL_FORMS,
            Code.ODD_LENGTHS,
            Code.DUPLICATES,
            Code.NEAR_DUPLICATES,
            Code.IMBALANCE,
            Code.SMALL_CLASSES);

    private final Dataset<I> train;
    private final Optional<Dataset<I>> validation;
    private final Optional<Function<List<I>, List<float[]>>> vectors;
    private final Optional<TokenScan<I>> tokens;
    private final RowScan scan = new RowScan();
    private final List<Issue> issues = new ArrayList<>();
    private final List<String> leftOut = new ArrayList<>();
    private @Nullable Class<?> kind;

    ThoroughCheck(
            Dataset<I> train,
            Optional<Dataset<I>> validation,
            Optional<Function<List<I>, List<float[]>>> vectors,
            Optional<TokenReader<I>> tokens) {
        this.tokens = tokens.map(TokenScan::new);
        this.train = train;
        this.validation = validation;
        this.vectors = vectors;
    }

    DataReport report() {
        final boolean isInMemory = train.size().isPresent()
                && validation.map(data -> data.size().isPresent()).orElse(true);
        final DataSurvey trainSurvey = survey(train, DataCheck.TRAIN, isInMemory);
        final Optional<DataSurvey> validationSurvey =
                validation.map(data -> survey(data, DataCheck.VALIDATION, isInMemory));
        issues.addAll(EverydayCheck.ofSurveys(
                trainSurvey,
                train.describe(),
                validationSurvey,
                validation.map(Dataset::describe).orElse("")));
        if (isInMemory) {
            issues.addAll(EverydayCheck.ofRepeats(RepeatedInputs.of(validation
                    .map(data -> new Repeats<>(train, trainSurvey, data, validationSurvey.orElseThrow()))
                    .orElseGet(() -> new Repeats<>(train, trainSurvey)))));
            checkAllRows(rows());
        } else {
            leftOut.add(
                    "leakage, conflicting-labels, duplicates, near-leakage, near-conflicts, near-duplicates, label-errors,"
                            + " other-language, and lengths and numbers far from the others: the data is streamed, and these take all"
                            + " of it in memory");
        }
        scan.lengths.addTo(
                issues,
                Code.ODD_LENGTHS,
                "Inputs of one character, or of a length far from the others",
                "Look whether something was cut off, or rows were joined; leave them out with filter(...).");
        scan.values.addTo(
                issues,
                Code.ODD_VALUES,
                "Numbers to learn that are none, or lie far from all others",
                "Leave these rows out with filter(...), or correct them: one of them can outweigh all others in the loss.");
        scan.addCharacters(issues);
        tokens.ifPresent(counted -> counted.addTo(issues));
        issues.sort(Comparator.comparing(issue -> ORDER.indexOf(issue.code())));
        return new DataReport(parts(trainSurvey, validationSurvey), issues, leftOut);
    }

    private DataSurvey survey(Dataset<I> data, String part, boolean keepsHashes) {
        final DataSurvey.Pass pass = new DataSurvey.Pass(data.describe(), part, keepsHashes, Cases.MOST);
        for (Example<I> example : data) {
            checkKind(example.label().getClass(), pass.rows() + 1, data);
            pass.add(example);
            scan.add(new Place(part, pass.rows()), example);
            tokens.ifPresent(counted -> counted.add(new Place(part, pass.rows()), example));
        }
        return pass.survey();
    }

    private void checkKind(Class<?> found, int row, Dataset<I> data) {
        kind = kind == null ? found : kind;
        if (kind != found && !(isWritten(kind) && isWritten(found))) {
            throw new FinetuneException("Example " + row + " has a label of another kind (" + found.getSimpleName()
                    + ") than those before it (" + kind.getSimpleName()
                    + "). Labels of all data must be of one kind. Data: "
                    + data.describe());
        }
    }

    private List<DataReport.Part> parts(DataSurvey trainSurvey, Optional<DataSurvey> validationSurvey) {
        final List<DataReport.Part> parts = new ArrayList<>();
        parts.add(new DataReport.Part(
                DataCheck.TRAIN, train.describe(), trainSurvey.rows(), totals(DataCheck.TRAIN, train)));
        validationSurvey.ifPresent(survey -> parts.add(new DataReport.Part(
                DataCheck.VALIDATION,
                validation.orElseThrow().describe(),
                survey.rows(),
                totals(DataCheck.VALIDATION, validation.orElseThrow()))));
        return parts;
    }

    /** A language model learns texts alone beside prompts with their completions. */
    private static boolean isWritten(Class<?> kind) {
        return kind == Label.None.class || kind == Label.Completion.class;
    }

    private Optional<TokenTotals> totals(String part, Dataset<I> data) {
        return tokens.flatMap(counted -> counted.totals(part, data));
    }

    /** Those of train first. */
    private List<PlacedRow<I>> rows() {
        final List<PlacedRow<I>> rows = new ArrayList<>();
        add(rows, train, DataCheck.TRAIN);
        validation.ifPresent(data -> add(rows, data, DataCheck.VALIDATION));
        return rows;
    }

    private void add(List<PlacedRow<I>> rows, Dataset<I> data, String part) {
        int row = 0;
        for (Example<I> example : data) {
            rows.add(new PlacedRow<>(new Place(part, ++row), example));
        }
    }

    private void checkAllRows(List<PlacedRow<I>> rows) {
        if (rows.isEmpty()) {
            return;
        }
        new NearRepeats<>(rows).addTo(issues);
        checkLengths(rows);
        checkValues(rows);
        checkLanguages(rows);
        if (rows.get(0).example().label() instanceof Label.Category) {
            new LabelDoubts<>(rows, vectors).addTo(issues, leftOut);
        }
    }

    /** Of each of an input's texts by itself: questions are shorter than passages. */
    private void checkLengths(List<PlacedRow<I>> rows) {
        final int texts = rows.stream()
                .mapToInt(row -> InputText.of(row.example().input()).size())
                .max()
                .orElse(0);
        for (int text = 0; text < texts; text++) {
            final double[] lengths = new double[rows.size()];
            for (int i = 0; i < lengths.length; i++) {
                final List<String> all = InputText.of(rows.get(i).example().input());
                final int length = text < all.size() ? all.get(text).strip().length() : 0;
                lengths[i] = length == 0 ? Double.NaN : Math.log(length);
            }
            final Outliers usual = Outliers.of(lengths);
            for (int i = 0; i < lengths.length; i++) {
                final boolean isOther = Math.abs(lengths[i] - usual.median()) > LEAST_RATIO;
                if (isOther && Math.abs(usual.score(lengths[i])) > FAR && lengths[i] > 0) {
                    scan.lengths.add(
                            rows.get(i).place(),
                            InputText.quoted(rows.get(i).example().input()),
                            String.format(
                                    Locale.ROOT,
                                    "%,.0f characters, where half of the rows have at most %,.0f",
                                    Math.exp(lengths[i]),
                                    Math.exp(usual.median())));
                }
            }
        }
    }

    private void checkValues(List<PlacedRow<I>> rows) {
        if (!(rows.get(0).example().label() instanceof Label.Values first)) {
            return;
        }
        for (int at = 0; at < first.values().size(); at++) {
            final int target = at;
            final double[] values = rows.stream()
                    .map(row -> ((Label.Values) row.example().label()).values())
                    .mapToDouble(numbers -> target < numbers.size() ? numbers.get(target) : Double.NaN)
                    .toArray();
            final Outliers usual = Outliers.of(values);
            for (int i = 0; i < values.length; i++) {
                if (Math.abs(usual.score(values[i])) > FAR_NUMBER) {
                    scan.values.add(
                            rows.get(i).place(),
                            InputText.quoted(rows.get(i).example().input()),
                            values[i] + ", where half of the rows have at most " + usual.median());
                }
            }
        }
    }

    private void checkLanguages(List<PlacedRow<I>> rows) {
        final List<String> texts = rows.stream()
                .map(row -> String.join(" ", InputText.of(row.example().input())))
                .toList();
        final Cases found = new Cases(Cases.MOST);
        Languages.others(texts)
                .forEach((row, why) -> found.add(
                        rows.get(row).place(),
                        InputText.quoted(rows.get(row).example().input()),
                        why));
        found.addTo(
                issues,
                Code.OTHER_LANGUAGE,
                "Texts in another language than most, or in none",
                "Leave them out, unless the model is to read them: it learns little from so few.");
    }
}
