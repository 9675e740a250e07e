package dev.finetune.lm.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The filters behind {@code |}, by name. */
final class Filters {
    private static final Map<String, Filter> ALL = all();

    private Filters() {}

    static @Nullable Filter get(String name) {
        return ALL.get(name);
    }

    private static Map<String, Filter> all() {
        Map<String, Filter> all = new HashMap<>();
        for (String name : List.of("default", "d")) {
            all.put(name, (run, value, given) -> defaulted(value, given));
        }
        for (String name : List.of("length", "count")) {
            all.put(name, (run, value, given) -> length(value, given));
        }
        for (String name : List.of("escape", "e")) {
            all.put(name, (run, value, given) -> escaped(run, value, given));
        }
        all.put("tojson", Json::write);
        all.put("safe", (run, value, given) -> safe(value, given));
        all.put("string", (run, value, given) -> string(run, value, given));
        TextFilters.addTo(all);
        NumberFilters.addTo(all);
        ListFilters.addTo(all);
        SelectFilters.addTo(all);
        return all;
    }

    private static Object defaulted(Object value, Arguments given) {
        Object[] bound = given.bind("default", "default_value?", "boolean?");
        boolean falseToo = bound[1] != null && Values.isTrue(bound[1]);
        Object instead = bound[0] == null ? "" : bound[0];
        return value instanceof Undefined || (falseToo && !Values.isTrue(value)) ? instead : value;
    }

    private static Object length(Object value, Arguments given) {
        given.positional("length");
        return (long) Sequences.length(value);
    }

    private static Object escaped(Run run, Object value, Arguments given) {
        given.positional("escape");
        SafeText safe = SafeText.escape(value);
        run.made(safe.text());
        return safe;
    }

    private static Object safe(Object value, Arguments given) {
        given.positional("safe");
        return value instanceof SafeText ? value : new SafeText(Repr.str(value));
    }

    private static Object string(Run run, Object value, Arguments given) {
        given.positional("string");
        return value instanceof SafeText ? value : run.made(Repr.str(value));
    }
}
