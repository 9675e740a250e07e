package dev.finetune.examples;

import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A mail of a customer, and what a shop's clerk would note of it.
 *
 * @param text the mail
 * @param note who wants what, and why
 */
record Mail(String text, Note note) {
    private static final String ASKED = "\nNote:";

    /** What a model reads before it writes the note. */
    Text prompt() {
        return Text.of(text + ASKED);
    }

    /** With the note as what is to be written. */
    Example<Text> example() {
        return new Example<>(prompt(), Label.completion(" " + note.line()));
    }

    /**
     * A note, in a line that is always made in the same way, so that a program can read it.
     *
     * @param who first and last name
     * @param order the order's number
     * @param what the article and its trouble
     * @param wish what the customer wants
     */
    record Note(String who, String order, String what, String wish) {
        static final List<String> FIELDS = List.of("who", "order", "what", "wish");

        private static final Pattern LINE = Pattern.compile("(.+?), order (\\w+): (.+), wants (.+)");

        /** As it is written. */
        String line() {
            return who + ", order " + order + ": " + what + ", wants " + wish;
        }

        /** What a line says, if it is made as notes are. */
        static Optional<Note> read(String line) {
            final Matcher parts = LINE.matcher(line);
            return parts.matches()
                    ? Optional.of(new Note(parts.group(1), parts.group(2), parts.group(3), parts.group(4)))
                    : Optional.empty();
        }

        /** In the order of {@link #FIELDS}. */
        List<String> fields() {
            return List.of(who, order, what, wish);
        }
    }
}
