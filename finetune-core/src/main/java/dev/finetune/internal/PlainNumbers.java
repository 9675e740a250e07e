package dev.finetune.internal;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Numbers as people write them: 5e-5 in place of 5.0E-5, 2 in place of 2.0, 10 min in place of 600 s; no digit is lost. */
public final class PlainNumbers {
    private static final String BEFORE = "(?<![\\w.\\\\-]|(?<!\\d)/)(-?\\d+";
    private static final String AFTER = "(?![\\w/\\\\-]|\\.\\d)";
    private static final Pattern WHOLE = Pattern.compile(BEFORE + ")\\.0" + AFTER);
    private static final Pattern POWER =
            Pattern.compile(BEFORE + "(?:\\.[1-9]\\d*|\\.0\\d+)?)(?:\\.0)?E(-?\\d+)" + AFTER);

    private PlainNumbers() {}

    /** A number. */
    public static String of(double value) {
        return in(Double.toString(value));
    }

    /** A text with its numbers written so; what belongs to a word or a path stays as it is. */
    public static String in(String text) {
        return WHOLE.matcher(POWER.matcher(text).replaceAll("$1e$2")).replaceAll("$1");
    }

    /** A time in hours, minutes and seconds, of which only those that aren't 0 are told. */
    public static String of(Duration time) {
        final List<String> parts = new ArrayList<>();
        if (time.toHours() > 0) {
            parts.add(time.toHours() + " h");
        }
        if (time.toMinutesPart() > 0) {
            parts.add(time.toMinutesPart() + " min");
        }
        final double seconds = time.toSecondsPart() + time.toMillisPart() / 1e3;
        if (seconds > 0 || parts.isEmpty()) {
            parts.add(of(seconds) + " s");
        }
        return String.join(" ", parts);
    }
}
