package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.Locale;

/**
 * Where a metric that was measured on a sample lies in truth, with 95 % confidence, for rows that are drawn independently of
 * each other.
 *
 * <ul>
 *   <li>Shares of rows: Wilson's score interval, (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) for a share p of n and
 *       z = 1.96 (Wilson, "Probable inference, the law of succession, and statistical inference", 1927; as SciPy's {@code
 *       binomtest(k, n).proportion_ci(method="wilson")}).
 *   <li>F1 of one class: it is 2 j / (1 + j) for the share j of rows that are right among those that are of the class or were
 *       taken for it; so the ends of Wilson's interval of j, converted likewise.
 *   <li>AUROC: the values a for which the measured one lies within z standard errors of a, with the variance a(1-a)(1 +
 *       N(1-a)/(2-a) + N a/(1+a)) / mn of Hanley and McNeil for m and n rows of the two classes, and N = (m+n)/2 - 1 (Newcombe,
 *       "Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2", 2006, method 5).
 *   <li>The difference of two shares p and q of different rows, with Wilson's intervals (l, u) and (l', u'): from p - q - sqrt((p - l)² +
 *       (u' - q)²) to p - q + sqrt((u - p)² + (q - l')²) (Newcombe, "Interval estimation for the difference between independent
 *       proportions", 1998, method 10).
 * </ul>
 *
 * @param low its lower end
 * @param high its upper end
 * @param of how many rows it rests on
 * @param method whose it is: "Wilson" or "Newcombe"
 */
public record Interval(double low, double high, long of, String method) {
    /** The 97.5 % quantile of the normal distribution. */
    private static final double Z = 1.959963984540054;

    private static final String WILSON = "Wilson";
    private static final String NEWCOMBE = "Newcombe";

    /**
     * {@return the interval of a share}
     *
     * @param right how many are right, or whatever is counted
     * @param of how many there are, at least 1
     * @throws FinetuneException if there are fewer than that, or fewer than are right
     */
    public static Interval wilson(long right, long of) {
        if (of < 1 || right < 0 || right > of) {
            throw new FinetuneException("There is no interval of " + right + " of " + of
                    + " rows: expected at least one row, and no more of them than there are.");
        }
        final double share = (double) right / of;
        final double square = Z * Z / of;
        final double middle = share + square / 2;
        final double reach = Math.sqrt(share * (1 - share) * square + square * square / 4);
        return new Interval(
                right == 0 ? 0 : (middle - reach) / (1 + square),
                right == of ? 1 : (middle + reach) / (1 + square),
                of,
                WILSON);
    }

    /**
     * {@return the interval of the difference between the share of some rows and that of others}
     *
     * @param right how many of the first rows are
     * @param of how many first rows there are, at least one
     * @param otherRight how many of the others are
     * @param others how many others there are, at least one
     * @throws FinetuneException if there are no rows, or more of them than there are
     */
    public static Interval ofDifference(long right, long of, long otherRight, long others) {
        if (of < 1 || others < 1 || right < 0 || right > of || otherRight < 0 || otherRight > others) {
            throw new FinetuneException("The shares " + right + " of " + of + " and " + otherRight + " of " + others
                    + " can't be compared: each needs a row at least, and no more of them than there are.");
        }
        final double share = (double) right / of;
        final double other = (double) otherRight / others;
        final Interval first = wilson(right, of);
        final Interval second = wilson(otherRight, others);
        return new Interval(
                share - other - Math.hypot(share - first.low, second.high - other),
                share - other + Math.hypot(first.high - share, other - second.low),
                of + others,
                NEWCOMBE);
    }

    /**
     * The interval of a class's F1.
     *
     * @param right how many rows of the class were found
     * @param of how many rows are of the class, or were taken for it; at least one
     */
    static Interval f1(long right, long of) {
        final Interval share = wilson(right, of);
        return new Interval(2 * share.low / (1 + share.low), 2 * share.high / (1 + share.high), of, WILSON);
    }

    /** The interval of an AUROC that was measured on so many rows of the one class and of the other, at least one of each. */
    static Interval auroc(double value, long positive, long negative) {
        return new Interval(
                end(value, positive, negative, 0), end(value, positive, negative, 1), positive + negative, NEWCOMBE);
    }

    /** Between the measured value and a bound, by halving: the last that is within reach of what was measured. */
    private static double end(double value, long positive, long negative, double bound) {
        double within = value;
        double beyond = bound;
        for (int i = 0; i < 60; i++) {
            final double middle = (within + beyond) / 2;
            if (Math.abs(value - middle) <= Z * error(middle, positive, negative)) {
                within = middle;
            } else {
                beyond = middle;
            }
        }
        return within;
    }

    private static double error(double auroc, long positive, long negative) {
        final double rows = (positive + negative) / 2.0 - 1;
        return Math.sqrt(auroc
                * (1 - auroc)
                * (1 + rows * (1 - auroc) / (2 - auroc) + rows * auroc / (1 + auroc))
                / ((double) positive * negative));
    }

    /** The same in other units. */
    Interval times(double factor) {
        return new Interval(factor * low, factor * high, of, method);
    }

    /** "95 % interval 0.5958 to 0.9821, Wilson, 10 rows". */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "95 %% interval %.4f to %.4f, %s, %d %s", low, high, method, of, of == 1 ? "row" : "rows");
    }
}
