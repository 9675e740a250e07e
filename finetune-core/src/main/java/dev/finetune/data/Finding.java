package dev.finetune.data;

/**
 * Something in the data that will hurt the model.
 *
 * @param severity how bad it is
 * @param code what it is
 * @param message what was found where, with the first inputs, and what to do about it
 * @param withoutText the same with numbers of rows in place of inputs: what may be published with a model
 */
public record Finding(Severity severity, Code code, String message, String withoutText) {
    /** How bad it is. */
    public enum Severity {
        /** Training works, but the result is worse, or looks better than it is. */
        WARNING,
        /** There is nothing to learn from this data. */
        ERROR
    }

    /** What was found. */
    public enum Code {
        /** The training data is empty. */
        NO_EXAMPLES,
        /** The validation data is empty. */
        NO_VALIDATION,
        /** All training examples are of one class. */
        ONE_CLASS,
        /** Validation has classes that train hasn't. */
        UNSEEN_CLASSES,
        /** Train has classes that validation hasn't. */
        ABSENT_CLASSES,
        /** The most frequent class occurs at least ten times as often as the rarest. */
        IMBALANCE,
        /** Classes of very few examples. */
        SMALL_CLASSES,
        /** Classes that seem to be other classes, misspelt. */
        ALIKE_CLASSES,
        /** Inputs without text. */
        EMPTY_INPUTS,
        /** Inputs that are in both train and validation. */
        LEAKAGE,
        /** Inputs that occur with different labels. */
        CONFLICTING_LABELS,
        /** Inputs that occur more than once in train. */
        DUPLICATES
    }
}
