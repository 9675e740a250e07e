package dev.finetune.data;

import dev.finetune.data.DataReport.Issue;
import dev.finetune.data.Finding.Code;
import dev.finetune.data.Finding.Severity;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is looked at before every fit: whether there are rows, classes and their counts, empty inputs, and inputs that occur
 * more than once. Reads each data set twice at most; keeps a number for each row and only those inputs that seem to occur
 * more than once, which are compared exactly.
 */
final class EverydayCheck {
    private static final double IMBALANCED = 10;
    private static final int SMALL = 5;

    private final List<Issue> issues = new ArrayList<>();

    private EverydayCheck() {}

    static <I> List<Issue> of(Dataset<I> train) {
        EverydayCheck check = new EverydayCheck();
        DataSurvey survey = DataSurvey.of(train, DataCheck.TRAIN);
        check.checkTrain(survey, train.describe());
        check.checkEmpty(survey.empty(), survey.unanswered());
        check.checkRepeats(RepeatedInputs.of(new Repeats<>(train, survey)));
        return List.copyOf(check.issues);
    }

    static <I> List<Issue> of(Dataset<I> train, Dataset<I> validation) {
        DataSurvey trainSurvey = DataSurvey.of(train, DataCheck.TRAIN);
        DataSurvey validationSurvey = DataSurvey.of(validation, DataCheck.VALIDATION);
        EverydayCheck check = new EverydayCheck();
        check.checkBoth(trainSurvey, train.describe(), validationSurvey, validation.describe());
        check.checkRepeats(RepeatedInputs.of(new Repeats<>(train, trainSurvey, validation, validationSurvey)));
        return List.copyOf(check.issues);
    }

    /** What surveys show, without what occurs more than once. */
    static List<Issue> ofSurveys(
            DataSurvey train, String trainSource, Optional<DataSurvey> validation, String validationSource) {
        EverydayCheck check = new EverydayCheck();
        if (validation.isPresent()) {
            check.checkBoth(train, trainSource, validation.get(), validationSource);
        } else {
            check.checkTrain(train, trainSource);
            check.checkEmpty(train.empty(), train.unanswered());
        }
        return List.copyOf(check.issues);
    }

    /** What occurs more than once. */
    static List<Issue> ofRepeats(RepeatedInputs repeats) {
        EverydayCheck check = new EverydayCheck();
        check.checkRepeats(repeats);
        return List.copyOf(check.issues);
    }

    private void checkBoth(DataSurvey train, String trainSource, DataSurvey validation, String validationSource) {
        checkTrain(train, trainSource);
        if (validation.rows() == 0) {
            warn(
                    Code.NO_VALIDATION,
                    "The validation data is empty (" + validationSource
                            + "): nothing will tell whether the model learns",
                    "Split some off: train.split(0.1, seed).");
        }
        checkUnseen(train, validation);
        checkAbsent(train, validation);
        checkEmpty(train.empty().and(validation.empty()), train.unanswered().and(validation.unanswered()));
    }

    private void checkTrain(DataSurvey survey, String source) {
        if (survey.rows() == 0) {
            error(
                    Code.NO_EXAMPLES,
                    "The training data is empty (" + source + "): there is nothing to learn",
                    "Was the right file read?");
            return;
        }
        checkClasses(survey);
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
                            ? "No training example has a class"
                            : "All training labels are \""
                                    + counts.keySet().iterator().next()
                                    + "\": there is nothing to tell apart",
                    "Was the right label column read, or only the start of a sorted file?");
            return;
        }
        checkAlike(counts);
        checkBlank(counts);
        if (survey.tagged()) {
            return;
        }
        double imbalance = survey.classes().imbalance();
        if (imbalance >= IMBALANCED) {
            warn(
                    Code.IMBALANCE,
                    "The classes are out of balance: " + extremes(counts) + ". The model may never say the rare ones",
                    survey.multiLabel()
                            ? "Add examples of them, or judge by macro F1."
                            : "Weigh classes (loss(l -> l.balancedClassWeights())), draw them equally often"
                                    + " (batching(b -> b.balancedSampling(true))), or judge by macro F1, not accuracy.");
        }
        List<String> small = counts.entrySet().stream()
                .filter(count -> count.getValue() < SMALL)
                .map(count -> shown(count.getKey()) + " (" + count.getValue() + ")")
                .toList();
        if (!small.isEmpty()) {
            warn(
                    Code.SMALL_CLASSES,
                    "Classes with fewer than " + SMALL + " training examples: "
                            + DataReportText.some(small.size(), small),
                    "Add examples, or merge or drop these classes.");
        }
    }

    private void checkAlike(Map<String, Long> counts) {
        List<String> alike = AlikeClasses.in(counts).stream()
                .map(AlikeClasses.Pair::toString)
                .toList();
        if (!alike.isEmpty()) {
            warn(
                    Code.ALIKE_CLASSES,
                    "Classes that seem to be others misspelt, with how often they occur: "
                            + DataReportText.some(alike.size(), alike),
                    "Each spelling is a class of its own: correct the labels, unless that is meant.");
        }
    }

    private void checkBlank(Map<String, Long> counts) {
        List<String> blank = counts.entrySet().stream()
                .filter(count -> count.getKey().isBlank())
                .map(count -> InputText.exactly(count.getKey()) + " (" + count.getValue() + ")")
                .toList();
        if (!blank.isEmpty()) {
            warn(
                    Code.BLANK_CLASSES,
                    "Labels that are empty or white space make classes of their own, with how often they occur: "
                            + DataReportText.some(blank.size(), blank),
                    "Give these rows their labels, or leave them out with filter(...), unless no name is meant to be one.");
        }
    }

    /** A name, in quotation marks where it couldn't be seen without. */
    private static String shown(String name) {
        return name.isBlank() ? InputText.exactly(name) : name;
    }

    private static String extremes(Map<String, Long> counts) {
        Map.Entry<String, Long> largest = Collections.max(counts.entrySet(), Map.Entry.comparingByValue());
        Map.Entry<String, Long> smallest = Collections.min(counts.entrySet(), Map.Entry.comparingByValue());
        return shown(largest.getKey()) + " has " + largest.getValue() + ", " + shown(smallest.getKey()) + " has "
                + smallest.getValue();
    }

    private void checkUnseen(DataSurvey train, DataSurvey validation) {
        List<String> unseen = validation.classes().counts().keySet().stream()
                .filter(name -> !train.classes().counts().containsKey(name))
                .map(EverydayCheck::shown)
                .toList();
        if (train.rows() > 0 && !unseen.isEmpty()) {
            warn(
                    Code.UNSEEN_CLASSES,
                    "Classes of validation that never occur in train: " + DataReportText.some(unseen.size(), unseen),
                    "The model can't learn them; check their spelling, or split the data anew.");
        }
    }

    private void checkAbsent(DataSurvey train, DataSurvey validation) {
        List<String> absent = train.classes().counts().keySet().stream()
                .filter(name -> !validation.classes().counts().containsKey(name))
                .map(EverydayCheck::shown)
                .toList();
        if (validation.classed() && !absent.isEmpty()) {
            warn(
                    Code.ABSENT_CLASSES,
                    "Classes of train that never occur in validation: " + DataReportText.some(absent.size(), absent),
                    "Nothing tells how well they are found, and some metrics (AUROC) are undefined without them: validate on"
                            + " data of all classes, or split the data anew.");
        }
    }

    private void checkEmpty(Cases empty, Cases unanswered) {
        if (empty.count() > 0) {
            issues.add(empty.issue(Code.EMPTY_INPUTS, "Inputs without text", "Leave them out with filter(...)."));
        }
        unanswered.addTo(
                issues,
                Code.EMPTY_ANSWERS,
                "Examples whose answer says nothing, or isn't there",
                "A model learns from them to say nothing, if anything: leave them out with filter(...), or give them their"
                        + " answers.");
    }

    private void checkRepeats(RepeatedInputs repeats) {
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

    private void report(Code code, String what, Cases cases, String advice) {
        cases.addTo(issues, code, what, advice);
    }

    private void warn(Code code, String what, String advice) {
        issues.add(new Issue(Severity.WARNING, code, what, advice, 0, List.of()));
    }

    private void error(Code code, String what, String advice) {
        issues.add(new Issue(Severity.ERROR, code, what, advice, 0, List.of()));
    }
}
