package dev.finetune.html;

import dev.finetune.data.Finding;
import dev.finetune.record.FitRecord;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Something that is looked for in a fit, and what may help where it is found; the most urgent first. */
enum Rule {
    FAILED(
            "training ended with an error",
            "If the loss was no number: a learning rate of a tenth, warmupRatio(0.1), and maxGradientNorm(1) help.",
            fit -> fit.course()
                    .failure()
                    .map(why ->
                            "Training failed after " + Told.plural(fit.course().stepsMade(), "step", "steps") + ".")),

    LOSS_ROSE(
            "the mean training loss of the last tenth of the steps is more than twice that of the first step, of at least 20"
                    + " steps",
            "A learning rate of a tenth, warmupRatio(0.1), and maxGradientNorm(1).",
            RuleFindings::lossRose),

    NOTHING_LEARNED(
            "the most frequent class's share lies within the accuracy's 95 % interval, or above it, and the AUROC, where there"
                    + " is one, isn't above chance (of two classes its 95 % interval, of more 0.6); or the F1 of tags is 0",
            "A learning rate three to ten times as high or as low, more epochs or fewer frozen layers; findLearningRate(...)"
                    + " suggests a rate.",
            RuleFindings::nothingLearned),

    DECIDES_BADLY(
            "the most frequent class's share lies within the accuracy's 95 % interval, or above it, though the AUROC is above"
                    + " chance (of two classes its 95 % interval, of more 0.6)",
            "The model tells the classes apart, but says the frequent one too often: tuneThresholds(validation) decides by better"
                    + " thresholds, and with loss(l -> l.balancedClassWeights()) it learns to say the rare ones.",
            RuleFindings::decidesBadly),

    LEAKAGE(
            "inputs are in both training and validation data",
            "Take them out of one: until then these metrics look better than the model is.",
            fit -> RuleFindings.inData(fit, Finding.Code.LEAKAGE)),

    CONFLICTING_LABELS(
            "the same input occurs with different labels",
            "Decide which label is right; the model can't learn both.",
            fit -> RuleFindings.inData(fit, Finding.Code.CONFLICTING_LABELS)),

    LOSSES_PART(
            "the validation loss rises by more than a tenth after its lowest value while the training loss is below 70 % of it",
            "keepBest() keeps the weights from before; fewer epochs, earlyStopping(2), more frozen layers, more dropout or more"
                    + " data keep the model from learning its examples by heart.",
            RuleFindings::lossesPart),

    STILL_LEARNING(
            "of at least two evaluations the last has the lowest validation loss, by more than 2 %",
            "More epochs, or a higher learning rate.", RuleFindings::stillLearning),

    LOSS_HARDLY_FALLS(
            "the mean training loss of the last tenth of the steps is above 90 % of that of the first tenth, of at least 20"
                    + " steps, unless nothing was learned or the loss rose",
            "A higher learning rate, more epochs, or fewer frozen layers.", RuleFindings::lossHardlyFalls),

    GRADIENTS_SPIKE(
            "a gradient norm is above 20 times the median, of at least 20 steps",
            "warmupRatio(0.1), a lower learning rate or larger batches make steps steadier; look at the rows of that step.",
            RuleFindings::gradientsSpike),

    NO_VALIDATION(
            "nothing was evaluated on",
            "fit(train, validation), or fit(dataset), which holds a part back: nothing else tells how good the model is.",
            fit -> fit.data().size() < 2 && fit.course().failure().isEmpty()
                    ? Optional.of("There was no validation data.")
                    : Optional.empty()),

    TOO_FEW_TO_TELL(
            "the 95 % interval of the main metric is wider than 10 points",
            "More validation rows, or crossValidate(dataset, 5): smaller differences between two models mean nothing here.",
            RuleFindings::tooFewToTell),

    CLASS_NEVER_PREDICTED(
            "a class with at least 5 validation rows is never predicted, unless nothing was learned",
            "loss(l -> l.balancedClassWeights()), batching(b -> b.balancedSampling(true)), or more examples of it.",
            RuleFindings::neverPredicted),

    CLASS_MISSED(
            "of a class with at least 10 validation rows less than half as large a share is found as of all",
            "More examples of it, balanced class weights, or a look at whether its labels are right.",
            RuleFindings::missed),

    CLASSES_CONFUSED(
            "one class taken for another makes at least 30 % of the mistakes, and at least 5",
            "Look at these rows below: say more sharply what tells the two apart, correct labels, or merge them.",
            RuleFindings::confused),

    SURE_MISTAKES(
            "at least 3 mistakes were predicted with a probability of at least 95 %, unless nothing was learned",
            "Read them below: such labels are often wrong.", RuleFindings::sureMistakes),

    PROBABILITIES_OFF(
            "the expected calibration error is above 10 %, on at least 100 predictions",
            "calibrate(validation) makes probabilities honest without changing a decision.",
            RuleFindings::probabilitiesOff),

    TEXTS_CUT(
            "more than one in twenty training inputs was cut",
            "A larger maxLength(...), where the model has one; or shorter texts.",
            RuleFindings::textsCut),

    IMBALANCE(
            "the most frequent class occurs at least ten times as often as the rarest",
            "Judge by macro F1; loss(l -> l.balancedClassWeights()) or batching(b -> b.balancedSampling(true)) help the rare ones.",
            fit -> RuleFindings.inData(fit, Finding.Code.IMBALANCE));

    private final String when;
    private final String advice;
    private final Function<FitRecord, Optional<String>> finding;

    Rule(String when, String advice, Function<FitRecord, Optional<String>> finding) {
        this.when = when;
        this.advice = advice;
        this.finding = finding;
    }

    /** When it finds something. */
    String when() {
        return when;
    }

    String advice() {
        return advice;
    }

    /** Its name in words. */
    String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** What it finds in a fit, in a sentence. */
    Optional<String> finding(FitRecord fit) {
        return finding.apply(fit);
    }
}
