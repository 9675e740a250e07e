package dev.finetune.internal;

import dev.finetune.error.FinetuneException;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Regular expressions that a user gives. */
public final class Regex {
    /** Names have some hundred characters; a good expression reads each a few times. */
    private static final int MOST_READS = 1_000_000;

    private Regex() {}

    /**
     * Whether a whole name matches.
     *
     * @param argument where the expression was given
     * @throws FinetuneException if it goes back and forth without end
     */
    public static boolean matches(String argument, String regex, String name) {
        try {
            return compile(argument, regex)
                    .matcher(new Counted(name, new int[1], 0, name.length()))
                    .matches();
        } catch (TooManyReads | StackOverflowError e) {
            throw new FinetuneException(
                    argument + ": the regular expression \"" + regex + "\" doesn't come to an end on \"" + name
                            + "\": it repeats what is repeated itself, as in (a*)*. Write it without.",
                    e);
        }
    }

    private static final class TooManyReads extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** A text that counts how often it is read. */
    private record Counted(String text, int[] reads, int start, int end) implements CharSequence {
        @Override
        public int length() {
            return end - start;
        }

        @Override
        public char charAt(int index) {
            if (++reads[0] > MOST_READS) {
                throw new TooManyReads();
            }
            return text.charAt(start + index);
        }

        @Override
        public CharSequence subSequence(int from, int to) {
            return new Counted(text, reads, start + from, start + to);
        }

        @Override
        public String toString() {
            return text.substring(start, end);
        }
    }

    /**
     * Compiles one.
     *
     * @param argument where it was given
     * @throws FinetuneException if it is none, with the place of the error
     */
    public static Pattern compile(String argument, String regex) {
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
