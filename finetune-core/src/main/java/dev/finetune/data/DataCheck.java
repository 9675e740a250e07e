package dev.finetune.data;

import dev.finetune.data.Finding.Code;
import dev.finetune.data.Finding.Severity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Looks at data before a model is trained on it, and says what will hurt.
 *
 * <pre>{@code
 * List<Finding> findings = DataCheck.check(split.train(), split.validation());
 * findings.forEach(finding -> System.out.println(finding.message()));
 * }</pre>
 *
 * <p>Works for every kind of input with {@code equals} and {@code hashCode}. Reads each data set twice at most, so
 * streamed ones, too; keeps a number for each row and only those inputs that seem to occur more than once, which are
 * compared exactly.
 */
public final class DataCheck {
    private static final double IMBALANCED = 10;
    private static final int SMALL = 5;
    private static final int SHOWN = 5;

    private final List<Finding> findings = new ArrayList<>();

    private DataCheck() {}

    /**
     * {@return what will hurt in data that is trained on}
     *
     * @param <I> the kind of input
     * @param train labelled examples, in memory or streamed
     */
    public static <I> List<Finding> check(Dataset<I> train) {
        DataCheck check = new DataCheck();
        DataSurvey survey = check.checkTrain(train);
        check.checkRepeats(new Repeats<>(train, survey));
        return List.copyOf(check.findings);
    }

    /**
     * {@return what will hurt in data that is trained on and data that is validated with; errors come first}
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on
     */
    public static <I> List<Finding> check(Dataset<I> train, Dataset<I> validation) {
        DataCheck check = new DataCheck();
        DataSurvey trainSurvey = check.checkTrain(train);
        DataSurvey validationSurvey = DataSurvey.of(validation);
        if (validationSurvey.rows() == 0) {
            check.warn(
                    Code.NO_VALIDATION,
                    "The validation data is empty (" + validation.describe() + "): nothing will tell whether the model"
                            + " learns. Split some off: train.split(0.1, seed).");
        }
        check.checkUnseen(trainSurvey, validationSurvey);
        check.checkAbsent(trainSurvey, validationSurvey);
        check.checkEmpty("Validation", validationSurvey);
        check.checkRepeats(new Repeats<>(train, trainSurvey, validation, validationSurvey));
        return List.copyOf(check.findings);
    }

    private DataSurvey checkTrain(Dataset<?> train) {
        DataSurvey survey = DataSurvey.of(train);
        if (survey.rows() == 0) {
            error(
                    Code.NO_EXAMPLES,
                    "The training data is empty (" + train.describe() + "): there is nothing to learn.");
            return survey;
        }
        checkClasses(survey);
        checkEmpty("Train", survey);
        return survey;
    }

    private void checkClasses(DataSurvey survey) {
        Map<String, Long> counts = survey.classes().counts();
        if (!survey.classed()) {
            return;
        }
        if (counts.size() < (survey.multiLabel() ? 1 : 2)) {
            error(
                    Code.ONE_CLASS,
                    counts.isEmpty()
                            ? "No training example has a class. Was the right label column read?"
                            : "All training labels are \""
                                    + counts.keySet().iterator().next()
                                    + "\": there is nothing to tell apart. Was the right label column read, or only the"
                                    + " start of a sorted file?");
            return;
        }
        checkAlike(counts);
        if (survey.tagged()) {
            return;
        }
        double imbalance = survey.classes().imbalance();
        if (imbalance >= IMBALANCED) {
            warn(
                    Code.IMBALANCE,
                    "The classes are out of balance: " + extremes(counts) + ". The model may never say the rare ones. "
                            + (survey.multiLabel()
                                    ? "Add examples of them, or judge by macro F1."
                                    : "Weigh classes (loss(l -> l.balancedClassWeights())), draw them equally often"
                                            + " (batching(b -> b.balancedSampling(true))), or judge by macro F1, not accuracy."));
        }
        List<String> small = counts.entrySet().stream()
                .filter(count -> count.getValue() < SMALL)
                .map(count -> count.getKey() + " (" + count.getValue() + ")")
                .toList();
        if (!small.isEmpty()) {
            warn(
                    Code.SMALL_CLASSES,
                    "Classes with fewer than " + SMALL + " training examples: " + some(small.size(), small)
                            + ". Add examples, or merge or drop these classes.");
        }
    }

    private void checkAlike(Map<String, Long> counts) {
        List<String> alike = AlikeClasses.in(counts).stream()
                .map(AlikeClasses.Pair::toString)
                .toList();
        if (!alike.isEmpty()) {
            warn(
                    Code.ALIKE_CLASSES,
                    "Classes that seem to be others misspelt, with how often they occur: " + some(alike.size(), alike)
                            + ". Each spelling is a class of its own: correct the labels, unless that is meant.");
        }
    }

    private static String extremes(Map<String, Long> counts) {
        Map.Entry<String, Long> largest = Collections.max(counts.entrySet(), Map.Entry.comparingByValue());
        Map.Entry<String, Long> smallest = Collections.min(counts.entrySet(), Map.Entry.comparingByValue());
        return largest.getKey() + " has " + largest.getValue() + ", " + smallest.getKey() + " has "
                + smallest.getValue();
    }

    private void checkUnseen(DataSurvey train, DataSurvey validation) {
        List<String> unseen = validation.classes().counts().keySet().stream()
                .filter(name -> !train.classes().counts().containsKey(name))
                .toList();
        if (train.rows() > 0 && !unseen.isEmpty()) {
            warn(
                    Code.UNSEEN_CLASSES,
                    "Classes of validation that never occur in train: " + some(unseen.size(), unseen)
                            + ". The model can't learn them; check their spelling, or split the data anew.");
        }
    }

    private void checkAbsent(DataSurvey train, DataSurvey validation) {
        List<String> absent = train.classes().counts().keySet().stream()
                .filter(name -> !validation.classes().counts().containsKey(name))
                .toList();
        if (validation.classed() && !absent.isEmpty()) {
            warn(
                    Code.ABSENT_CLASSES,
                    "Classes of train that never occur in validation: " + some(absent.size(), absent)
                            + ". Nothing tells how well they are found, and some metrics (AUROC) are undefined without"
                            + " them: validate on data of all classes, or split the data anew.");
        }
    }

    private void checkEmpty(String where, DataSurvey survey) {
        if (survey.empty() > 0) {
            warn(
                    Code.EMPTY_INPUTS,
                    where + " inputs without text: " + some(survey.empty(), survey.firstEmpty())
                            + " (counted from 1). Leave them out with filter(...).");
        }
    }

    private void checkRepeats(Repeats<?> repeats) {
        report(
                Code.LEAKAGE,
                "Inputs in both train and validation",
                repeats.shared(),
                "They make validation look better than it is: take them out of one.");
        report(
                Code.CONFLICTING_LABELS,
                "Inputs with different labels",
                repeats.conflicting(),
                "Decide which label is right.");
        report(
                Code.DUPLICATES,
                "Inputs more than once in train",
                repeats.duplicated(),
                "They count as often as they occur: leave out what isn't meant.");
    }

    private void report(Code code, String what, List<Repeats.Case> cases, String advice) {
        if (!cases.isEmpty()) {
            List<String> inputs = cases.stream().map(Repeats.Case::shown).toList();
            List<String> rows = cases.stream().map(Repeats.Case::rows).toList();
            findings.add(new Finding(
                    Severity.WARNING,
                    code,
                    what + ": " + some(inputs.size(), inputs) + ". " + advice,
                    what + ": " + some(rows.size(), rows) + " (rows counted from 1). " + advice));
        }
    }

    /** How many there are, and the first of them. */
    private static String some(int count, List<String> first) {
        String shown = first.stream().limit(SHOWN).collect(Collectors.joining(", "));
        return count + (count <= SHOWN ? ": " : ", such as ") + shown;
    }

    private void warn(Code code, String message) {
        findings.add(new Finding(Severity.WARNING, code, message, message));
    }

    private void error(Code code, String message) {
        findings.add(new Finding(Severity.ERROR, code, message, message));
    }
}
