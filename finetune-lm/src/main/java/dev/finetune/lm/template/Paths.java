package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.List;

/**
 * An attribute that a filter is told to look at, such as {@code "function.name"}.
 *
 * @param parts keys and places, one after the other
 */
record Paths(List<Object> parts) {
    static Paths of(Object attribute) {
        if (attribute == None.NONE) {
            return new Paths(List.of());
        }
        if (!(attribute instanceof String text)) {
            return new Paths(List.of(attribute));
        }
        List<Object> parts = new ArrayList<>();
        for (Object part : Splits.from(text, ".", -1)) {
            String name = (String) part;
            parts.add(name.matches("[0-9]{1,9}") ? (Object) Long.valueOf(name) : name);
        }
        return new Paths(parts);
    }

    /** Several, between commas. */
    static List<Paths> several(Object attribute) {
        if (!(attribute instanceof String text)) {
            return List.of(of(attribute));
        }
        return Splits.from(text, ",", -1).stream().map(Paths::of).toList();
    }

    Object get(Object value) {
        Object found = value;
        for (Object part : parts) {
            found = Attributes.item(found, part);
        }
        return found;
    }
}
