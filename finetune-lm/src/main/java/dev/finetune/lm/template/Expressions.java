package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Literals, names, places in values, and calls. */
final class Expressions {
    private Expressions() {}

    record Constant(Object value) implements Expression {
        @Override
        public Object value(Scope scope) {
            return value;
        }
    }

    record Name(String name) implements Expression {
        @Override
        public Object value(Scope scope) {
            return scope.get(name);
        }
    }

    record ListOf(List<Expression> items) implements Expression {
        @Override
        public Object value(Scope scope) {
            return each(items, scope);
        }
    }

    record TupleOf(List<Expression> items) implements Expression {
        @Override
        public Object value(Scope scope) {
            return new Tuple(each(items, scope));
        }
    }

    record DictOf(List<Expression> keys, List<Expression> items) implements Expression {
        @Override
        public Object value(Scope scope) {
            Map<Object, Object> dict = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                Object key = Dicts.key(keys.get(i).value(scope));
                dict.put(key, items.get(i).value(scope));
            }
            return dict;
        }
    }

    record Attribute(Expression owner, String name) implements Expression {
        @Override
        public Object value(Scope scope) {
            return Attributes.attribute(owner.value(scope), name);
        }
    }

    record Item(Expression owner, Expression key) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object value = owner.value(scope);
            return Attributes.item(value, key.value(scope));
        }
    }

    record Slice(
            Expression owner,
            @Nullable Expression from,
            @Nullable Expression to,
            @Nullable Expression by) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object value = owner.value(scope);
            return Sequences.slice(value, bound(from, scope), bound(to, scope), bound(by, scope));
        }

        private static Object bound(@Nullable Expression bound, Scope scope) {
            return bound == null ? None.NONE : bound.value(scope);
        }
    }

    record Call(Expression called, Given given, int line) implements Expression {
        @Override
        public Object value(Scope scope) {
            return call(scope, null);
        }

        Object call(Scope scope, @Nullable Function caller) {
            scope.run().at(line);
            Object function = called.value(scope);
            Arguments arguments = given.arguments(scope);
            scope.run().at(line);
            if (function instanceof Function callable) {
                return callable.call(scope.run(), caller == null ? arguments : arguments.with("caller", caller));
            }
            throw function instanceof Undefined undefined
                    ? undefined.problem()
                    : TemplateProblem.type("a call (...)", function);
        }
    }

    record Filtered(Expression value, Filter filter, Given given, int line) implements Expression {
        @Override
        public Object value(Scope scope) {
            scope.run().at(line);
            Object filtered = value.value(scope);
            Arguments arguments = given.arguments(scope);
            scope.run().at(line);
            return filter.apply(scope.run(), filtered, arguments);
        }
    }

    record Tested(Expression value, Test test, Given given, int line) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object tested = value.value(scope);
            Arguments arguments = given.arguments(scope);
            scope.run().at(line);
            return test.holds(tested, arguments);
        }
    }

    /** The arguments of a call as they are written. */
    record Given(
            List<Expression> values,
            Map<String, Expression> named,
            @Nullable Expression more,
            @Nullable Expression moreNamed) {
        static final Given NOTHING = new Given(List.of(), Map.of(), null, null);

        Arguments arguments(Scope scope) {
            List<Object> all = each(values, scope);
            Map<String, Object> byName = new LinkedHashMap<>();
            named.forEach((name, value) -> byName.put(name, value.value(scope)));
            if (more != null) {
                all.addAll(Sequences.list(more.value(scope)));
            }
            if (moreNamed != null) {
                if (!(moreNamed.value(scope) instanceof Map<?, ?> dict)) {
                    throw new TemplateProblem("what follows ** must be a dict");
                }
                dict.forEach((name, value) -> {
                    if (byName.put(Values.string(name, "an argument's name"), value) != null) {
                        throw new TemplateProblem("the argument " + name + " is given twice");
                    }
                });
            }
            return new Arguments(all, byName);
        }
    }

    private static List<Object> each(List<Expression> items, Scope scope) {
        List<Object> values = new ArrayList<>(items.size());
        for (Expression item : items) {
            values.add(item.value(scope));
        }
        return values;
    }
}
