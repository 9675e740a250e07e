package dev.finetune;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Regular expressions that a user gives. */
final class Regex {
    private Regex() {}

    /**
     * Compiles one.
     *
     * @param argument where it was given
     * @throws FinetuneException if it is none, with the place of the error
     */
    static Pattern compile(String argument, String regex) {
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new FinetuneException(
                    argument + ": \"" + regex + "\" is no regular expression: " + e.getDescription() + " near index "
                            + e.getIndex() + ". Mend it as java.util.regex.Pattern describes, or put a \\ before a"
                            + " character that is meant as itself.",
                    e);
        }
    }
}
