package dev.finetune.internal;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Settings in readable lines: each component of a record that is {@link Told}, and those of the records in it, in order. A
 * setting is known here by nothing else.
 */
public final class SettingLines {
    private SettingLines() {}

    /**
     * The lines, by name.
     *
     * @param usual the defaults of the same settings
     * @param identity whether only what makes a training another one is told, its numbers as Java writes them; else all, as
     *     people write it
     */
    public static Map<String, String> of(Record settings, Record usual, boolean identity) {
        final Map<String, String> lines = new LinkedHashMap<>();
        add(settings, usual, identity, lines);
        return lines;
    }

    private static void add(Record settings, Record usual, boolean identity, Map<String, String> lines) {
        for (RecordComponent component : settings.getClass().getRecordComponents()) {
            final Told told = component.getAnnotation(Told.class);
            final Object value = Records.get(settings, component);
            final Object byDefault = Records.get(usual, component);
            if (told == null) {
                if (value instanceof Record group) {
                    add(group, (Record) byDefault, identity, lines);
                }
            } else if ((told.identifies() || !identity) && !(told.quiet() && value.equals(byDefault))) {
                final String words = words(told, value, value.equals(byDefault), identity || told.named());
                lines.merge(told.value(), words, SettingLines::both);
            }
        }
    }

    private static String both(String one, String other) {
        return one.isEmpty() || other.isEmpty() ? one + other : one + ", " + other;
    }

    private static String words(Told told, Object value, boolean isDefault, boolean isRaw) {
        if (isDefault && !told.byDefault().isEmpty()) {
            return told.byDefault();
        }
        if (!told.zero().isEmpty() && value instanceof Number number && number.doubleValue() == 0) {
            return told.zero();
        }
        return told.as().replace("{}", isRaw ? raw(value) : text(value));
    }

    private static String raw(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(SettingLines::raw).orElse("none");
        }
        if (value instanceof OptionalDouble optional) {
            return optional.isPresent() ? Double.toString(optional.getAsDouble()) : "none";
        }
        return value.toString();
    }

    /** A value as people write it; a record that has no words of its own in those of its components. */
    public static String text(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(SettingLines::text).orElse("none");
        }
        if (value instanceof Duration time) {
            return PlainNumbers.of(time);
        }
        if (value instanceof Boolean isSo) {
            return isSo ? "yes" : "no";
        }
        final String text = raw(value);
        return value instanceof Record record && text.startsWith(name(record) + "[")
                ? ofComponents(record)
                : PlainNumbers.in(text);
    }

    private static String name(Record record) {
        return record.getClass().getSimpleName();
    }

    private static String ofComponents(Record record) {
        final String components = Arrays.stream(record.getClass().getRecordComponents())
                .map(component -> spaced(component.getName()) + " " + text(Records.get(record, component)))
                .collect(Collectors.joining(", "));
        return name(record) + (components.isEmpty() ? "" : ": " + components);
    }

    private static String spaced(String name) {
        return name.replaceAll("(?<=[a-z])(?=[A-Z])", " ").toLowerCase(Locale.ROOT);
    }
}
