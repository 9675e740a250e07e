package dev.finetune.lm.template;

import dev.finetune.lm.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses expressions, with the precedence that Jinja gives their operators. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final int MOST_DEPTH = 100;
    private static final int LONGEST_CHAIN = 1000;

    private final Tokens tokens;
    private final Names names;
    private final PostfixParser postfix;
    private int depth;

    ExpressionParser(Tokens tokens, Names names) {
        this.tokens = tokens;
        this.names = names;
        this.postfix = new PostfixParser(tokens, this);
    }

    PostfixParser postfix() {
        return postfix;
    }

    /** Any expression; several between commas are a tuple. */
    Expression tuple(boolean conditional, String... ends) {
        return tuple(conditional, false, ends);
    }

    private Expression tuple(boolean conditional, boolean parenthesized, String... ends) {
        List<Expression> items = new ArrayList<>();
        boolean several = false;
        while (true) {
            if (!items.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (isTupleEnd(ends)) {
                break;
            }
            items.add(conditional ? expression() : or());
            if (!tokens.isOperator(",")) {
                break;
            }
            several = true;
        }
        if (!several && items.size() == 1) {
            return items.get(0);
        }
        if (items.isEmpty() && !parenthesized) {
            throw tokens.unexpected("an expression");
        }
        return new Expressions.TupleOf(items);
    }

    private boolean isTupleEnd(String... ends) {
        return tokens.is(Kind.PRINT_END)
                || tokens.is(Kind.BLOCK_END)
                || tokens.isOperator(")")
                || List.of(ends).stream().anyMatch(tokens.current()::isName);
    }

    Expression expression() {
        if (++depth > MOST_DEPTH) {
            throw new TemplateProblem("an expression has more than " + MOST_DEPTH + " levels");
        }
        Expression value = or();
        for (int i = 0; tokens.skipName("if"); i++) {
            bounded(i);
            Expression condition = or();
            Expression otherwise = tokens.skipName("else") ? expression() : null;
            value = new Operators.Conditional(condition, value, otherwise);
        }
        depth--;
        return value;
    }

    static void bounded(int chain) {
        if (chain > LONGEST_CHAIN) {
            throw new TemplateProblem("an expression has more than " + LONGEST_CHAIN + " operators in a row");
        }
    }

    private Expression or() {
        Expression left = and();
        for (int i = 0; tokens.skipName("or"); i++) {
            bounded(i);
            left = new Operators.Either(true, left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        for (int i = 0; tokens.skipName("and"); i++) {
            bounded(i);
            left = new Operators.Either(false, left, not());
        }
        return left;
    }

    private Expression not() {
        int count = 0;
        while (tokens.skipName("not")) {
            bounded(++count);
        }
        Expression value = comparison();
        for (int i = 0; i < count; i++) {
            value = new Operators.Not(value);
        }
        return value;
    }

    private Expression comparison() {
        Expression first = sum();
        List<String> operators = new ArrayList<>();
        List<Expression> others = new ArrayList<>();
        while (true) {
            if (tokens.is(Kind.OPERATOR)
                    && COMPARISONS.contains(tokens.current().text())) {
                operators.add(tokens.next().text());
            } else if (tokens.skipName("in")) {
                operators.add("in");
            } else if (tokens.current().isName("not") && tokens.ahead().isName("in")) {
                tokens.next();
                tokens.next();
                operators.add("not in");
            } else {
                break;
            }
            others.add(sum());
        }
        return operators.isEmpty() ? first : new Operators.Comparison(first, operators, others);
    }

    private Expression sum() {
        Expression left = joined();
        for (int i = 0; tokens.isOperator("+") || tokens.isOperator("-"); i++) {
            bounded(i);
            left = new Operators.Calculation(tokens.next().text(), left, joined());
        }
        return left;
    }

    private Expression joined() {
        List<Expression> items = new ArrayList<>(List.of(product()));
        while (tokens.skipOperator("~")) {
            items.add(product());
        }
        return items.size() == 1 ? items.get(0) : new Operators.Joined(items);
    }

    private Expression product() {
        Expression left = power();
        for (int i = 0;
                tokens.isOperator("*") || tokens.isOperator("/") || tokens.isOperator("//") || tokens.isOperator("%");
                i++) {
            bounded(i);
            left = new Operators.Calculation(tokens.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        for (int i = 0; tokens.skipOperator("**"); i++) {
            bounded(i);
            left = new Operators.Calculation("**", left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean filtered) {
        Expression value;
        if (tokens.isOperator("-") || tokens.isOperator("+")) {
            boolean negative = tokens.next().text().equals("-");
            if (++depth > MOST_DEPTH) {
                throw new TemplateProblem("an expression has more than " + MOST_DEPTH + " levels");
            }
            value = new Operators.Signed(negative, unary(false));
            depth--;
        } else {
            value = primary();
        }
        Expression placed = postfix.places(value);
        return filtered ? postfix.filters(placed) : placed;
    }

    Expression primary() {
        Token token = tokens.current();
        switch (token.kind()) {
            case NAME -> {
                tokens.next();
                return name(token.text());
            }
            case STRING -> {
                StringBuilder text = new StringBuilder();
                while (tokens.is(Kind.STRING)) {
                    text.append(tokens.next().text());
                }
                return new Expressions.Constant(text.toString());
            }
            case NUMBER -> {
                return new Expressions.Constant(tokens.next().value());
            }
            default -> {
                return bracketed();
            }
        }
    }

    private Expression name(String name) {
        switch (name) {
            case "true", "True", "false", "False" -> {
                return new Expressions.Constant(name.equals("true") || name.equals("True"));
            }
            case "none", "None" -> {
                return new Expressions.Constant(None.NONE);
            }
            default -> {
                names.read(name);
                return new Expressions.Name(name);
            }
        }
    }

    private Expression bracketed() {
        if (tokens.skipOperator("(")) {
            if (++depth > MOST_DEPTH) {
                throw new TemplateProblem("an expression has more than " + MOST_DEPTH + " levels");
            }
            Expression inside = tuple(true, true);
            depth--;
            tokens.expectOperator(")");
            return inside;
        }
        if (tokens.skipOperator("[")) {
            List<Expression> items = new ArrayList<>();
            while (another(items, "]")) {
                items.add(expression());
            }
            return new Expressions.ListOf(items);
        }
        if (tokens.skipOperator("{")) {
            List<Expression> keys = new ArrayList<>();
            List<Expression> values = new ArrayList<>();
            while (another(keys, "}")) {
                keys.add(expression());
                tokens.expectOperator(":");
                values.add(expression());
            }
            return new Expressions.DictOf(keys, values);
        }
        throw tokens.unexpected("an expression");
    }

    /** Whether one more follows in brackets; a comma may stand before the end. */
    private boolean another(List<Expression> before, String end) {
        if (!before.isEmpty() && !tokens.isOperator(end)) {
            tokens.expectOperator(",");
        }
        return !tokens.skipOperator(end);
    }

    @Nullable
    Expression optional(String... ends) {
        for (String end : ends) {
            if (tokens.isOperator(end)) {
                return null;
            }
        }
        return expression();
    }
}
