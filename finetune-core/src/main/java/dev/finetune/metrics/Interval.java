package dev.finetune.metrics;

import java.util.Locale;

/**
 * Where a share that was measured on a sample lies in truth, with 95 % confidence, by Wilson's score interval: (p + z²/2n ±
 * z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) for a share p of n and z = 1.96 (Wilson, "Probable inference, the law of succession,
 * and statistical inference", 1927; as SciPy's {@code binomtest(k, n).proportion_ci(method="wilson")}). It holds for rows
 * that are drawn independently of each other.
 *
 * @param low its lower end
 * @param high its upper end
 * @param of how many rows there were
 */
public record Interval(double low, double high, long of) {
    /** The 97.5 % quantile of the normal distribution. */
    private static final double Z = 1.959963984540054;

    /** The interval of a share: so many right of so many, at least one. */
    static Interval wilson(long right, long of) {
        final double share = (double) right / of;
        final double square = Z * Z / of;
        final double middle = share + square / 2;
        final double reach = Math.sqrt(share * (1 - share) * square + square * square / 4);
        return new Interval(
                right == 0 ? 0 : (middle - reach) / (1 + square),
                right == of ? 1 : (middle + reach) / (1 + square),
                of);
    }

    /** The same in other units. */
    Interval times(double factor) {
        return new Interval(factor * low, factor * high, of);
    }

    /** "95 % interval 0.5958 to 0.9821, Wilson, 10 rows". */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT, "95 %% interval %.4f to %.4f, Wilson, %d %s", low, high, of, of == 1 ? "row" : "rows");
    }
}
