package dev.finetune.lm.template;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Macros, and calls that hand them a block. */
final class Macros {
    private Macros() {}

    /**
     * What a macro is made of.
     *
     * @param parameters names, in order
     * @param defaults of the last parameters
     * @param special which of caller, kwargs and varargs the body speaks of
     * @param hidden variables that are undefined until the body sets them
     */
    record Definition(
            String name,
            List<String> parameters,
            List<Expression> defaults,
            Set<String> special,
            Set<String> hidden,
            Statements.Body body) {
        Object call(Scope around, Arguments arguments) {
            Run run = around.run();
            Scope scope = around.inner(hidden);
            Map<String, Object> named = new LinkedHashMap<>(arguments.named());
            int given = arguments.values().size();
            int firstDefault = parameters.size() - defaults.size();
            for (int i = 0; i < parameters.size(); i++) {
                String parameter = parameters.get(i);
                Object value = i < given ? arguments.values().get(i) : named.remove(parameter);
                if (value == null) {
                    value = i < firstDefault
                            ? new Undefined("parameter '" + parameter + "' was not provided")
                            : defaults.get(i - firstDefault).value(scope);
                }
                scope.set(parameter, value);
            }
            others(scope, arguments, named);
            run.enter();
            Output out = new Output(run, true);
            body.run(scope, out);
            run.leave();
            return out.text();
        }

        private void others(Scope scope, Arguments arguments, Map<String, Object> named) {
            if (special.contains("caller")) {
                Object caller = named.remove("caller");
                scope.set("caller", caller == null ? new Undefined("No caller defined") : caller);
            }
            if (special.contains("kwargs")) {
                scope.set("kwargs", new LinkedHashMap<Object, Object>(named));
            } else if (!named.isEmpty()) {
                throw new TemplateProblem("macro '" + name + "' takes no argument "
                        + named.keySet().iterator().next() + ", or has it already");
            }
            List<Object> more = arguments.from(parameters.size()).values();
            if (special.contains("varargs")) {
                scope.set("varargs", new Tuple(more));
            } else if (!more.isEmpty()) {
                throw new TemplateProblem(
                        "macro '" + name + "' takes not more than " + parameters.size() + " arguments");
            }
        }

        Function in(Scope scope) {
            return (run, arguments) -> call(scope, arguments);
        }
    }

    record Define(Definition definition) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.set(definition.name(), definition.in(scope));
            return Next.STATEMENT;
        }
    }

    record CallBlock(Expressions.Call call, Definition caller, int line) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.run().at(line);
            out.write(Repr.str(call.call(scope, caller.in(scope))));
            return Next.STATEMENT;
        }
    }

    /** Which filters wait for a captured text; none where there is no filter. */
    static Statements.Binding chain(@Nullable List<Expressions.Filtered> filters) {
        return (value, scope) -> {
            Object result = value;
            for (Expressions.Filtered filter : filters == null ? List.<Expressions.Filtered>of() : filters) {
                result = filter.filter()
                        .apply(scope.run(), result, filter.given().arguments(scope));
            }
            return result;
        };
    }
}
