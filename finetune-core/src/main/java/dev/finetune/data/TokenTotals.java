package dev.finetune.data;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How many tokens the examples of a part have.
 *
 * @param shortest example
 * @param median that half of the examples have at most
 * @param longest example
 * @param total of all examples, before anything is cut off
 * @param labelled how many are learned to be written, after it is
 * @param truncated how many examples are cut off
 * @param rows that the part becomes; empty of a stream
 */
public record TokenTotals(
        long shortest,
        long median,
        long longest,
        long total,
        long labelled,
        long truncated,
        Optional<TokenReader.Rows> rows) {
    /** Totals of examples that are counted one by one. */
    static final class Counter {
        private int[] lengths = new int[64];
        private int count;
        private long total;
        private long labelled;
        private long truncated;

        void add(TokenCount one) {
            lengths = count == lengths.length ? Arrays.copyOf(lengths, 2 * count) : lengths;
            lengths[count++] = one.tokens();
            total += one.tokens();
            labelled += one.labelled();
            truncated += one.kept() < one.tokens() ? 1 : 0;
        }

        /** Empty of no examples. */
        Optional<TokenTotals> totals(Optional<TokenReader.Rows> rows) {
            if (count == 0) {
                return Optional.empty();
            }
            final int[] sorted = Arrays.copyOf(lengths, count);
            Arrays.sort(sorted);
            return Optional.of(new TokenTotals(
                    sorted[0], sorted[(count - 1) / 2], sorted[count - 1], total, labelled, truncated, rows));
        }
    }

    /** {@return the share of rows of the greatest length that tokens fill, 0 to 1; 0 of a stream} */
    public double fill() {
        return rows.filter(all -> all.count() > 0)
                .map(all -> (double) all.tokens() / (all.count() * (double) all.longest()))
                .orElse(0.0);
    }

    JsonObject json() {
        final JsonObject json = new JsonObject();
        json.addProperty("shortest", shortest);
        json.addProperty("median", median);
        json.addProperty("longest", longest);
        json.addProperty("total", total);
        json.addProperty("labelled", labelled);
        json.addProperty("truncated", truncated);
        rows.ifPresent(all -> {
            json.addProperty("rows", all.count());
            json.addProperty("rowLength", all.longest());
            json.addProperty("packed", all.packed());
            json.addProperty("fill", fill());
        });
        return json;
    }

    /** In a sentence: "5 to 120 tokens an example, 31 in the middle; 4,211 in all, of which 1,020 are learned; ...". */
    @Override
    public String toString() {
        return String.format(
                        Locale.ROOT,
                        "%,d to %,d tokens an example, median %,d; %,d in all, %,d of them learned; %,d examples cut off",
                        shortest,
                        longest,
                        median,
                        total,
                        labelled,
                        truncated)
                + rows.map(all -> all.packed()
                                ? String.format(
                                        Locale.ROOT,
                                        "; packed into %,d rows of %,d, %.1f %% filled",
                                        all.count(),
                                        all.longest(),
                                        100 * fill())
                                : String.format(Locale.ROOT, "; %,d rows of at most %,d", all.count(), all.longest()))
                        .orElse("");
    }
}
