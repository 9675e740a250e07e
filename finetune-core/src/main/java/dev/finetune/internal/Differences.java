package dev.finetune.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What is said of settings that aren't what they were. */
public final class Differences {
    private Differences() {}

    /** A sentence, without its end, for each name that has another value now, or none, or had none; in the order of the names. */
    public static List<String> of(Map<String, String> then, Map<String, String> now) {
        final Set<String> names = new TreeSet<>(then.keySet());
        names.addAll(now.keySet());
        final List<String> found = new ArrayList<>();
        for (String name : names) {
            found.addAll(of("\"" + name + "\"", then.getOrDefault(name, "not set"), now.getOrDefault(name, "not set")));
        }
        return found;
    }

    /** The same of one thing: a sentence, or none. */
    public static List<String> of(String what, String then, String now) {
        return then.equals(now) ? List.of() : List.of(what + " was " + then + ", and is " + now + " now");
    }
}
