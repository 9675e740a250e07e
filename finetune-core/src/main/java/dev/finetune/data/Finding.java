package dev.finetune.data;

import java.util.Locale;

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

    /** What was found. Those from {@link #NEAR_LEAKAGE} on are looked for by {@link DataCheck#report} only. */
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
        /** Classes whose names are empty or white space. */
        BLANK_CLASSES,
        /** Inputs without text. */
        EMPTY_INPUTS,
        /** Examples whose answer, which a model is to write, says nothing or isn't there. */
        EMPTY_ANSWERS,
        /** Examples of which the model reads nothing that it could learn to write: the answer lies beyond the maximum length. */
        CUT_ANSWERS,
        /** Examples longer than the model reads, which are cut off. */
        TRUNCATED,
        /** Inputs that are in both train and validation. */
        LEAKAGE,
        /** Inputs that occur with different labels. */
        CONFLICTING_LABELS,
        /** Inputs that occur more than once in train. */
        DUPLICATES,
        /** Inputs of validation that are nearly the same as one in train. */
        NEAR_LEAKAGE,
        /** Inputs that are nearly the same and have different labels. */
        NEAR_CONFLICTS,
        /** Inputs in train that are nearly the same. */
        NEAR_DUPLICATES,
        /** Labels that a classifier that hasn't seen them contradicts. */
        LABEL_ERRORS,
        /** Numbers to learn that are none, or lie far from all others. */
        ODD_VALUES,
        /** Inputs of one character, and those far longer or shorter than the others. */
        ODD_LENGTHS,
        /** Characters, in inputs or labels, that come from a wrong encoding, can't be seen, or that no text should have. */
        ODD_ENCODING,
        /** Tags, entities or escapes that were left in texts. */
        MARKUP,
        /** Texts in another Unicode normal form than most. */
        NORMAL_FORMS,
        /** Texts in another language or script than most. */
        OTHER_LANGUAGE;

        /** {@return the stable name that files and commands have it by, such as "near-leakage"} */
        public String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
