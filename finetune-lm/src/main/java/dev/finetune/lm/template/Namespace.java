package dev.finetune.lm.template;

import java.util.HashMap;
import java.util.Map;

/** The one thing that a template can change: what {@code namespace()} makes. */
final class Namespace {
    private final Map<String, Object> values = new HashMap<>();

    static Object call(Arguments arguments) {
        Namespace made = new Namespace();
        Map<Object, Object> dict = Dicts.made(arguments, "namespace");
        for (Map.Entry<Object, Object> entry : dict.entrySet()) {
            made.put(Values.string(entry.getKey(), "a name of namespace()"), entry.getValue());
        }
        return made;
    }

    Object get(String name) {
        Object value = values.get(name);
        return value == null ? new Undefined("the namespace has no '" + name + "'") : value;
    }

    void put(String name, Object value) {
        values.put(name, value);
    }
}
