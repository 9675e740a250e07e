package dev.finetune.explain;

import dev.finetune.metrics.Interval;
import java.util.Locale;

/**
 * Rows that have something in common, and how much more often a model is wrong there than in all other rows.
 *
 * @param kind what they have in common
 * @param name which: "1 to 7 words", a label, a word
 * @param rows how many they are
 * @param wrong in how many of them the model is wrong
 * @param otherRows how many other rows there are
 * @param otherWrong in how many of those the model is wrong
 * @param pValue of Fisher's exact test, one-sided: how probable so many errors in the slice, or more, were if rows of the slice were
 *     as easy as the others
 * @param adjusted the same after Benjamini and Hochberg, for all slices that were looked at
 */
public record Slice(
        Kind kind, String name, int rows, int wrong, int otherRows, int otherWrong, double pValue, double adjusted) {
    /** What rows have in common. */
    public enum Kind {
        /** The number of words, by quarters of the rows. */
        LENGTH,
        /** The true label. */
        LABEL,
        /** A word of the text. */
        WORD
    }

    /** {@return the share of its rows in which the model is wrong} */
    public double errorRate() {
        return (double) wrong / rows;
    }

    /** {@return the share of the other rows in which the model is wrong} */
    public double otherErrorRate() {
        return (double) otherWrong / otherRows;
    }

    /** {@return by how much the first share is above the second, 0.1 for ten percentage points, with 95 % confidence} */
    public Interval difference() {
        return Interval.ofDifference(wrong, rows, otherWrong, otherRows);
    }

    Slice adjusted(double value) {
        return new Slice(kind, name, rows, wrong, otherRows, otherWrong, pValue, value);
    }

    /** A line of a table: kind, name, rows, error rates, difference with its interval, adjusted p-value. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-6s %-24s %6d %6.1f %% %6.1f %%  %+5.1f (%+.1f to %+.1f) %9.2g",
                kind.name().toLowerCase(Locale.ROOT),
                name,
                rows,
                100 * errorRate(),
                100 * otherErrorRate(),
                100 * (errorRate() - otherErrorRate()),
                100 * difference().low(),
                100 * difference().high(),
                adjusted);
    }
}
