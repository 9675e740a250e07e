package dev.finetune.internal;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

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
     * @param identity whether only what makes a training another one is told
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
                final String words = words(told, value, value.equals(byDefault));
                lines.merge(told.value(), words, SettingLines::both);
            }
        }
    }

    private static String both(String one, String other) {
        return one.isEmpty() || other.isEmpty() ? one + other : one + ", " + other;
    }

    private static String words(Told told, Object value, boolean isDefault) {
        if (isDefault && !told.byDefault().isEmpty()) {
            return told.byDefault();
        }
        if (!told.zero().isEmpty() && value instanceof Number number && number.doubleValue() == 0) {
            return told.zero();
        }
        return told.as().replace("{}", text(value));
    }

    private static String text(Object value) {
        if (value instanceof Optional<?> optional) {
            return optional.map(SettingLines::text).orElse("none");
        }
        if (value instanceof OptionalDouble optional) {
            return optional.isPresent() ? Double.toString(optional.getAsDouble()) : "none";
        }
        if (value instanceof Duration time) {
            final double seconds = time.toMillis() / 1e3;
            return seconds < 120 ? seconds + " s" : seconds / 60 + " min";
        }
        return value.toString();
    }
}
