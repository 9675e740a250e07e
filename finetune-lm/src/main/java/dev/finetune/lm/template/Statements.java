package dev.finetune.lm.template;

import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Text, conditions, assignments and what else isn't a loop or a macro. */
final class Statements {
    private Statements() {}

    record Body(List<Statement> statements) implements Statement {
        static final Body EMPTY = new Body(List.of());

        @Override
        public Next run(Scope scope, Output out) {
            for (Statement statement : statements) {
                Next next = statement.run(scope, out);
                if (next != Next.STATEMENT) {
                    return next;
                }
            }
            return Next.STATEMENT;
        }
    }

    record Text(String text) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            out.write(text);
            return Next.STATEMENT;
        }
    }

    record Print(Expression value, int line) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.run().at(line);
            out.write(Repr.str(value.value(scope)));
            return Next.STATEMENT;
        }
    }

    record If(Expression condition, Body body, Statement otherwise, int line) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.run().at(line);
            return (Values.isTrue(condition.value(scope)) ? body : otherwise).run(scope, out);
        }
    }

    record Assign(Target target, Expression value, int line) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.run().at(line);
            Target.assign(target, value.value(scope), scope);
            return Next.STATEMENT;
        }
    }

    /** {@code {% set x %}...{% endset %}} and {@code {% filter %}...{% endfilter %}}: what the body writes is a value. */
    record Captured(@Nullable Target target, Body body, Set<String> hidden, Binding filters, int line)
            implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            Output captured = new Output(scope.run(), true);
            Scope inner = scope.inner(hidden);
            Next next = body.run(inner, captured);
            if (next != Next.STATEMENT) {
                return next;
            }
            scope.run().at(line);
            Object value = filters.applied(captured.text(), inner);
            if (target == null) {
                out.write(Repr.str(value));
            } else {
                Target.assign(target, value, scope);
            }
            return Next.STATEMENT;
        }
    }

    /** Filters that wait for their value. */
    interface Binding {
        Object applied(Object value, Scope scope);
    }

    record With(List<Target> targets, List<Expression> values, Body body, Set<String> hidden, int line)
            implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.run().at(line);
            Scope inner = scope.inner(hidden);
            for (int i = 0; i < targets.size(); i++) {
                Target.assign(targets.get(i), values.get(i).value(scope), inner);
            }
            return body.run(inner, out);
        }
    }

    /** What the assistant says, by the template's own word. */
    record Generation(Body body, Set<String> hidden, int line) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            scope.run().at(line);
            boolean tracked = scope.run().tracked();
            if (tracked && out.captured()) {
                throw TemplateProblem.lacking("a generation block inside of a macro, of another one, or of a block that"
                        + " is captured, from which no labels can be told,");
            }
            Output said = new Output(scope.run(), true);
            body.run(scope.inner(hidden), said);
            int start = out.length();
            out.write(said.text());
            if (tracked) {
                scope.run().spans().add(new Rendered.Span(start, out.length()));
            }
            return Next.STATEMENT;
        }
    }

    record Leave(Next next) implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            return next;
        }
    }

    record For(
            Target target,
            Expression all,
            @Nullable Expression condition,
            Body body,
            Set<String> hidden,
            Body otherwise,
            Set<String> hiddenOtherwise,
            int line)
            implements Statement {
        @Override
        public Next run(Scope scope, Output out) {
            Run run = scope.run();
            run.at(line);
            Object values = all.value(scope);
            Iterator<Object> each = Sequences.iterator(values);
            Object looped = values;
            if (condition != null) {
                OneTime kept = OneTime.filtered(each, value -> {
                    Scope test = scope.inner(Set.of());
                    Target.assign(target, value, test);
                    return Values.isTrue(condition.value(test));
                });
                each = kept.values();
                looped = kept;
            }
            Loop loop = new Loop(looped, each);
            boolean ended = false;
            while (loop.hasNext()) {
                run.step();
                Scope inner = scope.inner(hidden);
                inner.set("loop", loop);
                Target.assign(target, loop.next(), inner);
                Next next = body.run(inner, out);
                if (next == Next.AFTER_LOOP) {
                    break;
                }
                ended |= next == Next.STATEMENT;
            }
            // As Jinja has it, "else" also runs where no iteration came to its end.
            return ended ? Next.STATEMENT : otherwise.run(scope.inner(hiddenOtherwise), out);
        }
    }
}
