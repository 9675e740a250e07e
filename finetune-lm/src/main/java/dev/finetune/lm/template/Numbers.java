package dev.finetune.lm.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/** Python's arithmetic: integers without bounds (but for their size here), floats, and truth values as 0 and 1. */
final class Numbers {
    private static final int MOST_BITS = 4096;

    private Numbers() {}

    /** The value as this engine holds integers: a Long where it fits. */
    static Object of(BigInteger value) {
        if (value.bitLength() > MOST_BITS) {
            throw TemplateProblem.lacking("an integer of more than " + MOST_BITS + " bits");
        }
        return value.bitLength() < 64 ? (Object) value.longValue() : value;
    }

    static boolean isNumber(Object value) {
        return value instanceof Boolean || isInteger(value) || value instanceof Double;
    }

    static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof BigInteger;
    }

    private static boolean isWhole(Object value) {
        return value instanceof Boolean || isInteger(value);
    }

    static BigInteger whole(Object value) {
        if (value instanceof Boolean truth) {
            return truth ? BigInteger.ONE : BigInteger.ZERO;
        }
        return value instanceof BigInteger big ? big : BigInteger.valueOf((Long) value);
    }

    static double real(Object value) {
        if (value instanceof Double real) {
            return real;
        }
        double result = whole(value).doubleValue();
        if (Double.isInfinite(result)) {
            throw new TemplateProblem("an integer is too large for a float");
        }
        return result;
    }

    /** A place or a count. */
    static long index(Object value) {
        if (value instanceof Undefined || !isWhole(value)) {
            throw TemplateProblem.type("an integer is expected, which", value);
        }
        BigInteger whole = whole(value);
        // Places beyond any text or list are all alike; what has 2^40 of something is refused elsewhere.
        BigInteger most = BigInteger.ONE.shiftLeft(40);
        return whole.min(most).max(most.negate()).longValue();
    }

    static Object calculate(String operator, Object left, Object right) {
        if (!isNumber(left) || !isNumber(right)) {
            throw new TemplateProblem(
                    "\"" + operator + "\" doesn't go with " + Values.typeName(left) + " and " + Values.typeName(right));
        }
        boolean wholes = isWhole(left) && isWhole(right);
        return switch (operator) {
            case "+" -> wholes ? of(whole(left).add(whole(right))) : (Object) (real(left) + real(right));
            case "-" -> wholes ? of(whole(left).subtract(whole(right))) : (Object) (real(left) - real(right));
            case "*" -> wholes ? of(whole(left).multiply(whole(right))) : (Object) (real(left) * real(right));
            case "/" -> divide(left, right, wholes);
            case "//" -> wholes ? floored(left, right)[0] : flooredReal(real(left), real(right))[0];
            case "%" -> wholes ? floored(left, right)[1] : flooredReal(real(left), real(right))[1];
            case "**" -> power(left, right, wholes);
            default -> throw TemplateProblem.lacking("the operator " + operator);
        };
    }

    private static Object divide(Object left, Object right, boolean wholes) {
        if (real(right) == 0) {
            throw new TemplateProblem("division by zero");
        }
        if (wholes && (whole(left).bitLength() > 53 || whole(right).bitLength() > 53)) {
            throw TemplateProblem.lacking("the quotient of integers beyond 2^53");
        }
        return real(left) / real(right);
    }

    /** Quotient and remainder; the remainder has the sign of the divisor. */
    private static Object[] floored(Object left, Object right) {
        BigInteger by = whole(right);
        if (by.signum() == 0) {
            throw new TemplateProblem("division by zero");
        }
        BigInteger[] both = whole(left).divideAndRemainder(by);
        if (both[1].signum() != 0 && both[1].signum() != by.signum()) {
            both[0] = both[0].subtract(BigInteger.ONE);
            both[1] = both[1].add(by);
        }
        return new Object[] {of(both[0]), of(both[1])};
    }

    private static Object[] flooredReal(double left, double right) {
        if (right == 0) {
            throw new TemplateProblem("division by zero");
        }
        double remainder = left % right;
        double quotient = (left - remainder) / right;
        if (remainder != 0) {
            if ((right < 0) != (remainder < 0)) {
                remainder += right;
                quotient -= 1.0;
            }
        } else {
            remainder = Math.copySign(0.0, right);
        }
        double floor = Math.copySign(0.0, left / right);
        if (quotient != 0) {
            floor = Math.floor(quotient);
            floor += quotient - floor > 0.5 ? 1 : 0;
        }
        return new Object[] {floor, remainder};
    }

    private static Object power(Object left, Object right, boolean wholes) {
        if (wholes && whole(right).signum() >= 0) {
            BigInteger base = whole(left);
            long exponent = index(right);
            if (base.abs().compareTo(BigInteger.ONE) > 0 && Math.max(1, base.bitLength() - 1) * exponent > MOST_BITS) {
                throw TemplateProblem.lacking("an integer of more than " + MOST_BITS + " bits");
            }
            return base.abs().compareTo(BigInteger.ONE) > 0
                    ? of(base.pow((int) exponent))
                    : of(base.pow(exponent == 0 ? 0 : (int) (2 - exponent % 2)));
        }
        double result = Math.pow(real(left), real(right));
        if (Double.isNaN(result) || Double.isInfinite(result)) {
            throw TemplateProblem.lacking(Repr.of(left) + " ** " + Repr.of(right));
        }
        return result;
    }

    static Object negate(Object value) {
        if (value instanceof Double real) {
            return -real;
        }
        if (!isWhole(value)) {
            throw TemplateProblem.type("\"-\"", value);
        }
        return of(whole(value).negate());
    }

    static Object plus(Object value) {
        if (!isNumber(value)) {
            throw TemplateProblem.type("\"+\"", value);
        }
        return value instanceof Double ? value : of(whole(value));
    }

    static Object absolute(Object value) {
        if (value instanceof Double real) {
            return Math.abs(real);
        }
        if (!isWhole(value)) {
            throw TemplateProblem.type("abs", value);
        }
        return of(whole(value).abs());
    }

    /** How two numbers compare; an integer and a float exactly. */
    static int compare(Object left, Object right) {
        boolean exact = !(left instanceof Double a && !Double.isFinite(a))
                && !(right instanceof Double b && !Double.isFinite(b));
        return exact ? decimal(left).compareTo(decimal(right)) : Double.compare(real(left), real(right));
    }

    static boolean equal(Object left, Object right) {
        return !isNan(left) && !isNan(right) && compare(left, right) == 0;
    }

    static boolean isNan(Object value) {
        return value instanceof Double real && real.isNaN();
    }

    private static BigDecimal decimal(Object value) {
        return value instanceof Double real ? new BigDecimal(real) : new BigDecimal(whole(value));
    }

    /** Python's round(): half to even, of the exact value. */
    static Object round(Object value, long digits) {
        if (!isNumber(value) || Math.abs(digits) > 300) {
            throw TemplateProblem.type("round", value);
        }
        BigDecimal exact = value instanceof Double real && !Double.isFinite(real) ? null : decimal(value);
        if (exact == null) {
            return value;
        }
        BigDecimal rounded = exact.setScale((int) digits, RoundingMode.HALF_EVEN);
        if (value instanceof Double real) {
            return Math.copySign(rounded.doubleValue(), real);
        }
        return of(rounded.toBigInteger());
    }
}
