package dev.finetune.lm.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The variables of a block; what it lacks is looked for in the scope around it. */
final class Scope {
    private final Run run;
    private final @Nullable Scope around;
    private final Map<String, Object> values = new HashMap<>();

    private Scope(Run run, @Nullable Scope around) {
        this.run = run;
        this.around = around;
    }

    static Scope of(Run run, Map<String, Object> variables) {
        Scope scope = new Scope(run, null);
        scope.values.putAll(variables);
        return scope;
    }

    /** A scope inside of this one, where these variables are undefined until they are set. */
    Scope inner(Set<String> hidden) {
        Scope inner = new Scope(run, this);
        hidden.forEach(name -> inner.values.put(name, Undefined.name(name)));
        return inner;
    }

    Run run() {
        return run;
    }

    Object get(String name) {
        for (Scope scope = this; scope != null; scope = scope.around) {
            Object value = scope.values.get(name);
            if (value != null) {
                return value;
            }
        }
        return Globals.get(name);
    }

    void set(String name, Object value) {
        values.put(name, value);
    }
}
