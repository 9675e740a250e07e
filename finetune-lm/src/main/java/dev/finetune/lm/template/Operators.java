package dev.finetune.lm.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is made of values by operators. */
final class Operators {
    private Operators() {}

    record Calculation(String operator, Expression left, Expression right) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object first = left.value(scope);
            return calculate(scope.run(), operator, first, right.value(scope));
        }
    }

    record Signed(boolean negative, Expression value) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object signed = value.value(scope);
            if (signed instanceof Undefined undefined) {
                throw undefined.problem();
            }
            return negative ? Numbers.negate(signed) : Numbers.plus(signed);
        }
    }

    record Not(Expression value) implements Expression {
        @Override
        public Object value(Scope scope) {
            return !Values.isTrue(value.value(scope));
        }
    }

    /** {@code and}, {@code or}: the operand that decides. */
    record Either(boolean isOr, Expression left, Expression right) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object first = left.value(scope);
            return Values.isTrue(first) == isOr ? first : right.value(scope);
        }
    }

    record Conditional(
            Expression condition,
            Expression value,
            @Nullable Expression otherwise) implements Expression {
        @Override
        public Object value(Scope scope) {
            if (Values.isTrue(condition.value(scope))) {
                return value.value(scope);
            }
            return otherwise == null
                    ? new Undefined("the condition of an \"if\" without \"else\" is false")
                    : otherwise.value(scope);
        }
    }

    /** {@code ~}: all as they print, one after the other. */
    record Joined(List<Expression> items) implements Expression {
        @Override
        public Object value(Scope scope) {
            StringBuilder out = new StringBuilder();
            List<Object> values = new ArrayList<>();
            items.forEach(item -> values.add(item.value(scope)));
            values.forEach(value -> out.append(scope.run().made(Repr.str(value))));
            return scope.run().made(out.toString());
        }
    }

    /** {@code a < b == c}: each pair must hold. */
    record Comparison(Expression first, List<String> operators, List<Expression> others) implements Expression {
        @Override
        public Object value(Scope scope) {
            Object left = first.value(scope);
            for (int i = 0; i < operators.size(); i++) {
                Object right = others.get(i).value(scope);
                scope.run().step();
                if (!holds(operators.get(i), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }
    }

    static boolean holds(String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> Values.areEqual(left, right);
            case "!=" -> !Values.areEqual(left, right);
            case "<" -> Values.compare(left, right) < 0;
            case "<=" -> Values.compare(left, right) <= 0;
            case ">" -> Values.compare(left, right) > 0;
            case ">=" -> Values.compare(left, right) >= 0;
            case "in" -> Sequences.contains(right, left);
            case "not in" -> !Sequences.contains(right, left);
            default -> throw TemplateProblem.lacking("the operator " + operator);
        };
    }

    private static Object calculate(Run run, String operator, Object left, Object right) {
        run.step();
        if (left instanceof Undefined undefined) {
            throw undefined.problem();
        }
        if (operator.equals("%") && left instanceof String format) {
            return run.made(PercentFormat.format(format, right));
        }
        if (right instanceof Undefined undefined) {
            throw undefined.problem();
        }
        if (operator.equals("+") && !Numbers.isNumber(left)) {
            return added(run, left, right);
        }
        if (operator.equals("*") && !(Numbers.isNumber(left) && Numbers.isNumber(right))) {
            return Numbers.isNumber(left) ? repeated(run, right, left) : repeated(run, left, right);
        }
        return Numbers.calculate(operator, left, right);
    }

    private static Object added(Run run, Object left, Object right) {
        if (left instanceof String first && right instanceof String second) {
            run.size((long) first.length() + second.length());
            return first + second;
        }
        boolean texts = (left instanceof String || left instanceof SafeText)
                && (right instanceof String || right instanceof SafeText);
        if (texts) {
            return new SafeText(run.made(
                    SafeText.escape(left).text() + SafeText.escape(right).text()));
        }
        if (left instanceof Tuple first && right instanceof Tuple second) {
            return new Tuple(added(run, first.items(), second.items()));
        }
        if (left instanceof List<?> first && right instanceof List<?> second && !(left instanceof Range)) {
            if (!(right instanceof Range)) {
                return added(run, first, second);
            }
        }
        throw new TemplateProblem("\"+\" doesn't go with " + Values.typeName(left) + " and " + Values.typeName(right));
    }

    private static List<Object> added(Run run, List<?> first, List<?> second) {
        listSize(run, (long) first.size() + second.size());
        List<Object> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    private static Object repeated(Run run, Object value, Object times) {
        if (!(times instanceof Boolean || Numbers.isInteger(times))) {
            throw TemplateProblem.type("\"*\" with " + Values.typeName(value), times);
        }
        long count = Math.max(0, Numbers.index(times));
        if (value instanceof String text) {
            run.size(text.length() * count);
            return text.repeat(text.isEmpty() ? 0 : (int) count);
        }
        List<?> items = value instanceof Tuple tuple ? tuple.items() : value instanceof List<?> list ? list : null;
        if (items == null || value instanceof Range) {
            throw new TemplateProblem(
                    "\"*\" doesn't go with " + Values.typeName(value) + " and " + Values.typeName(times));
        }
        listSize(run, items.size() * count);
        List<Object> all = new ArrayList<>();
        for (List<?> copy : Collections.nCopies(items.isEmpty() ? 0 : (int) count, items)) {
            all.addAll(copy);
        }
        return value instanceof Tuple ? new Tuple(all) : all;
    }

    private static void listSize(Run run, long size) {
        if (size > Run.MOST_ITEMS) {
            throw new TemplateProblem("a list has more than " + Run.MOST_ITEMS + " values");
        }
        run.size(size);
    }
}
