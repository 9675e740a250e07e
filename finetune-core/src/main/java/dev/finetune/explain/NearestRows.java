package dev.finetune.explain;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import dev.finetune.metrics.RetrievalMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;

/**
 * Rows of a data set by their vectors: which are nearest to an input, such as one that a model got wrong.
 *
 * <pre>{@code
 * NearestRows<Text> known = NearestRows.of(train, tuned::vectors);
 * known.nearest(text, 3).forEach(System.out::println);
 * }</pre>
 *
 * @param <I> the kind of input
 */
public final class NearestRows<I> {
    private static final int BATCH = 256;

    private final List<Example<I>> rows;
    private final Function<List<I>, List<float[]>> vectors;
    private final RetrievalMetrics search;

    private NearestRows(List<Example<I>> rows, Function<List<I>, List<float[]>> vectors, RetrievalMetrics search) {
        this.rows = rows;
        this.vectors = vectors;
        this.search = search;
    }

    /**
     * A row, and how near it is.
     *
     * @param row its number, counted from 1, as {@code DataCheck} counts
     * @param example the row itself
     * @param similarity the cosine of the angle between both vectors, -1 to 1
     * @param <I> the kind of input
     */
    public record Neighbour<I>(int row, Example<I> example, double similarity) {
        /** Such as "0.9312 row 17: great sound (positive)". */
        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "%.4f row %d: %s (%s)", similarity, row, example.input(), example.label());
        }
    }

    /**
     * Computes the vectors of all rows, and keeps them.
     *
     * @param <I> the kind of input
     * @param data at least one row, in memory
     * @param vectors gives a vector for each input, of one width: {@code tuned::vectors}, or what an embedder gives
     * @return the rows, to be asked
     * @throws FinetuneException if there are no rows, or not a vector for each
     */
    public static <I> NearestRows<I> of(Dataset<I> data, Function<List<I>, List<float[]>> vectors) {
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(vectors, "vectors");
        final List<Example<I>> rows = data.asList();
        final List<float[]> known = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += BATCH) {
            known.addAll(vectors.apply(rows.subList(from, Math.min(rows.size(), from + BATCH)).stream()
                    .map(Example::input)
                    .toList()));
        }
        final List<String> labels =
                rows.stream().map(row -> row.label().toString()).toList();
        return new NearestRows<>(rows, vectors, new RetrievalMetrics(known, labels));
    }

    /**
     * {@return the rows nearest to an input, the nearest first}
     *
     * @param input one of the rows, which is then the nearest to itself, or another one
     * @param count at most as many
     */
    public List<Neighbour<I>> nearest(I input, int count) {
        Objects.requireNonNull(input, "input");
        if (count < 0) {
            throw new FinetuneException("nearest(..., " + count + "): expected 0 or more.");
        }
        final List<float[]> made = Arguments.copy(vectors.apply(List.of(input)), "vectors");
        if (made.size() != 1) {
            throw new FinetuneException("Of one input there are " + made.size() + " vectors; expected one.");
        }
        return search.nearest(made.get(0), count).stream()
                .map(row -> new Neighbour<>(row + 1, rows.get(row), search.similarity(made.get(0), row)))
                .toList();
    }
}
