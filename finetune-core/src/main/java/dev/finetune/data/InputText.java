package dev.finetune.data;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;

/** The texts of inputs, as checks read them and people are shown them. */
final class InputText {
    private static final int SHOWN_LENGTH = 60;

    private InputText() {}

    /** One text, or two of a pair, or question and passage; a sentence of words is one text; none of what isn't made of text. */
    static List<String> of(Object input) {
        if (input instanceof Text text) {
            final String pair = text.pair();
            return pair == null ? List.of(text.text()) : List.of(text.text(), pair);
        }
        if (input instanceof Words words) {
            return List.of(String.join(" ", words.words()));
        }
        if (input instanceof Question question) {
            return List.of(question.question(), question.context());
        }
        return input instanceof ReadAsText other ? List.of(other.readAsText()) : List.of();
    }

    /** Whether an example has an answer, to be written by a model, that says nothing, or lacks the one that it should have. */
    static boolean lacksAnswer(Example<?> example) {
        if (example.label() instanceof Label.Completion completion) {
            return completion.text().isBlank();
        }
        return example.label() instanceof ReadAsText label
                ? label.lacksAnswer()
                : example.input() instanceof ReadAsText other && other.lacksAnswer();
    }

    /** Whether a text is missing. */
    static boolean isEmpty(Object input) {
        return of(input).stream().anyMatch(String::isBlank);
    }

    /** The start of an input, in quotation marks. */
    static String quoted(Object input) {
        return "\"" + cut(shown(input)) + "\"";
    }

    private static String shown(Object input) {
        if (input instanceof Question question) {
            return question.question();
        }
        final List<String> texts = of(input);
        return texts.isEmpty() ? input.toString() : String.join(" | ", texts);
    }

    /** A label in words. */
    static String label(Label label) {
        if (label instanceof Label.Category category) {
            return category.name();
        }
        if (label instanceof Label.Categories categories) {
            return categories.names().stream().sorted().toList().toString();
        }
        if (label instanceof Label.Values values) {
            return values.values().toString();
        }
        if (label instanceof Label.Tags tags) {
            return cut(String.join(" ", tags.tags()));
        }
        if (label instanceof Label.Completion completion) {
            return cut(completion.text());
        }
        if (label instanceof ReadAsText other) {
            return cut(other.readAsText());
        }
        return label.toString();
    }

    /** The name of a class as it is, so that two that look alike don't: what can't be seen is told by its number. */
    static String exactly(String name) {
        final boolean hasMarks = !Normalizer.isNormalized(name, Normalizer.Form.NFC);
        final StringBuilder told = new StringBuilder("\"");
        name.codePoints().forEach(point -> {
            final boolean isSeen = point == ' ' || !Character.isWhitespace(point) && !Character.isSpaceChar(point);
            if (isSeen && isShowable(point) && !(hasMarks && Character.getType(point) == Character.NON_SPACING_MARK)) {
                told.appendCodePoint(point);
            } else {
                told.append(String.format(Locale.ROOT, "\\u%04X", point));
            }
        });
        return told.append('"').toString();
    }

    /** In one line, which is not too long, without what a terminal would obey. */
    static String cut(String text) {
        final StringBuilder line = new StringBuilder();
        int characters = 0;
        for (int at = 0; at < text.length() && characters <= SHOWN_LENGTH; ) {
            final int point = text.codePointAt(at);
            at += Character.charCount(point);
            final boolean isSpace = Character.isWhitespace(point);
            if (isSpace && (line.isEmpty() || line.charAt(line.length() - 1) == ' ')) {
                continue;
            }
            line.appendCodePoint(isSpace ? ' ' : isShowable(point) ? point : 0xFFFD);
            characters++;
        }
        final String cut = line.toString();
        return characters <= SHOWN_LENGTH
                ? cut.stripTrailing()
                : cut.substring(0, cut.offsetByCodePoints(0, SHOWN_LENGTH)) + "...";
    }

    private static boolean isShowable(int point) {
        return !Character.isISOControl(point)
                && !(point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)
                && Character.getType(point) != Character.FORMAT;
    }
}
