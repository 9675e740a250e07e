package dev.finetune.lm.template;

import java.util.List;

/** What a value is assigned to. */
sealed interface Target {
    /** A variable. */
    record Name(String name) implements Target {}

    /** An attribute of a namespace. */
    record Attribute(String namespace, String name) implements Target {}

    /** Several, that take a value apart. */
    record Several(List<Target> parts) implements Target {}

    static void assign(Target target, Object value, Scope scope) {
        if (target instanceof Name name) {
            scope.set(name.name(), value);
        } else if (target instanceof Attribute attribute) {
            if (!(scope.get(attribute.namespace()) instanceof Namespace namespace)) {
                throw new TemplateProblem("attributes can be set of a namespace only, and " + attribute.namespace()
                        + " is " + Values.typeName(scope.get(attribute.namespace())));
            }
            namespace.put(attribute.name(), value);
        } else if (target instanceof Several several) {
            List<Object> values = Sequences.list(value);
            if (values.size() != several.parts().size()) {
                throw new TemplateProblem("there are " + values.size() + " values for "
                        + several.parts().size() + " variables");
            }
            for (int i = 0; i < values.size(); i++) {
                assign(several.parts().get(i), values.get(i), scope);
            }
        }
    }
}
