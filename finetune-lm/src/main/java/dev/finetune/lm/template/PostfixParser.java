package dev.finetune.lm.template;

import dev.finetune.lm.template.Token.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses what follows a value: attributes, places, calls, filters and tests. */
final class PostfixParser {
    private static final Set<Kind> BEGIN_VALUES = Set.of(Kind.NAME, Kind.STRING, Kind.NUMBER);

    private final Tokens tokens;
    private final ExpressionParser expressions;

    PostfixParser(Tokens tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    Expression places(Expression of) {
        Expression value = of;
        for (int i = 0; ; i++) {
            ExpressionParser.bounded(i);
            if (tokens.skipOperator(".")) {
                value = dotted(value);
            } else if (tokens.skipOperator("[")) {
                value = place(value);
            } else if (tokens.isOperator("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    private Expression dotted(Expression value) {
        Token name = tokens.next();
        if (name.kind() == Kind.NAME) {
            return new Expressions.Attribute(value, name.text());
        }
        if (name.value() instanceof Long) {
            return new Expressions.Item(value, new Expressions.Constant(name.value()));
        }
        throw new TemplateProblem("found " + name.describe() + " where an attribute's name is expected");
    }

    private Expression place(Expression value) {
        if (tokens.isOperator("]")) {
            throw tokens.unexpected("a key, a place or a slice");
        }
        Expression from = expressions.optional(":");
        if (from != null && !tokens.isOperator(":")) {
            Expression key = tokens.isOperator(",") ? severalKeys(from) : from;
            tokens.expectOperator("]");
            return new Expressions.Item(value, key);
        }
        tokens.expectOperator(":");
        Expression to = expressions.optional(":", "]");
        Expression by = tokens.skipOperator(":") ? expressions.optional("]") : null;
        tokens.expectOperator("]");
        return new Expressions.Slice(value, from, to, by);
    }

    private Expression severalKeys(Expression first) {
        List<Expression> keys = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",") && !tokens.isOperator("]")) {
            keys.add(expressions.expression());
        }
        return keys.size() == 1 ? first : new Expressions.TupleOf(keys);
    }

    private Expressions.Call call(Expression called) {
        int line = tokens.line();
        return new Expressions.Call(called, given(), line);
    }

    Expressions.Given given() {
        tokens.expectOperator("(");
        List<Expression> values = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Expression more = null;
        Expression moreNamed = null;
        boolean first = true;
        while (!tokens.isOperator(")")) {
            if (!first) {
                tokens.expectOperator(",");
                if (tokens.isOperator(")")) {
                    break;
                }
            }
            first = false;
            boolean late = more != null || moreNamed != null;
            if (tokens.isOperator("*")) {
                refuse(late);
                tokens.next();
                more = expressions.expression();
            } else if (tokens.isOperator("**")) {
                refuse(moreNamed != null);
                tokens.next();
                moreNamed = expressions.expression();
            } else if (tokens.is(Kind.NAME) && tokens.ahead().isOperator("=")) {
                refuse(moreNamed != null);
                String name = tokens.next().text();
                tokens.next();
                refuse(named.put(name, expressions.expression()) != null);
            } else {
                refuse(late || !named.isEmpty());
                values.add(expressions.expression());
            }
        }
        tokens.expectOperator(")");
        return new Expressions.Given(values, named, more, moreNamed);
    }

    private static void refuse(boolean wrong) {
        if (wrong) {
            throw new TemplateProblem(
                    "the arguments of a call are out of order, or one is given twice: expected values,"
                            + " then names with values");
        }
    }

    Expression filters(Expression of) {
        Expression value = of;
        for (int i = 0; ; i++) {
            ExpressionParser.bounded(i);
            if (tokens.skipOperator("|")) {
                value = filter(value);
            } else if (tokens.skipName("is")) {
                value = test(value);
            } else if (tokens.isOperator("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    /** The filter that stands next, without its bar. */
    Expressions.Filtered filter(Expression value) {
        Token name = tokens.expect(Kind.NAME, "the name of a filter");
        Filter filter = Filters.get(name.text());
        if (filter == null) {
            throw TemplateProblem.lacking("the filter " + name.text());
        }
        Expressions.Given given = tokens.isOperator("(") ? given() : Expressions.Given.NOTHING;
        return new Expressions.Filtered(value, filter, given, name.line());
    }

    /** Several filters, for a text that a block captures. */
    @Nullable
    List<Expressions.Filtered> waiting(boolean first) {
        List<Expressions.Filtered> filters = new ArrayList<>();
        Expression nothing = new Expressions.Constant("");
        if (first) {
            filters.add(filter(nothing));
        }
        while (tokens.skipOperator("|")) {
            filters.add(filter(nothing));
        }
        return filters;
    }

    private Expression test(Expression value) {
        boolean negated = tokens.skipName("not");
        Token name = tokens.expect(Kind.NAME, "the name of a test");
        Test test = Tests.get(name.text());
        if (test == null) {
            throw TemplateProblem.lacking("the test " + name.text());
        }
        Expressions.Given given = Expressions.Given.NOTHING;
        if (tokens.isOperator("(")) {
            given = given();
        } else if (takesValue()) {
            if (tokens.current().isName("is")) {
                throw new TemplateProblem("tests can't be chained with \"is\"");
            }
            Expression argument = places(expressions.primary());
            given = new Expressions.Given(List.of(argument), Map.of(), null, null);
        }
        Expression tested = new Expressions.Tested(value, test, given, name.line());
        return negated ? new Operators.Not(tested) : tested;
    }

    private boolean takesValue() {
        Token token = tokens.current();
        boolean begins = BEGIN_VALUES.contains(token.kind()) || token.isOperator("[") || token.isOperator("{");
        return begins && !token.isName("else") && !token.isName("or") && !token.isName("and");
    }
}
