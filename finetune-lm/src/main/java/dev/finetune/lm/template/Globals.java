package dev.finetune.lm.template;

import java.util.Map;
import java.util.Set;

/** The functions that every chat template can call. */
final class Globals {
    private static final Map<String, Function> FUNCTIONS = Map.of(
            "range", (run, arguments) -> Range.call(arguments),
            "dict", (run, arguments) -> Dicts.made(arguments, "dict"),
            "namespace", (run, arguments) -> Namespace.call(arguments),
            "raise_exception", (run, arguments) -> raise(arguments),
            "strftime_now", (run, arguments) -> strftime(run, arguments));

    private static final Set<String> LACKING = Set.of("lipsum", "cycler", "joiner", "self");

    private Globals() {}

    static Object get(String name) {
        if (LACKING.contains(name)) {
            throw TemplateProblem.lacking("\"" + name + "\"");
        }
        Function function = FUNCTIONS.get(name);
        return function == null ? Undefined.name(name) : function;
    }

    private static Object raise(Arguments arguments) {
        Object message = arguments.bind("raise_exception", "message")[0];
        throw new TemplateProblem("the template refuses the conversation: " + Repr.str(message));
    }

    private static Object strftime(Run run, Arguments arguments) {
        Object format = arguments.bind("strftime_now", "format")[0];
        return Dates.format(Values.string(format, "the format of strftime_now()"), run.clock());
    }
}
