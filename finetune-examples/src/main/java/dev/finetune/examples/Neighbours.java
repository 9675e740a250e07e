package dev.finetune.examples;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.metrics.Metrics;
import dev.finetune.metrics.RetrievalMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What is found among known texts by vectors of others.
 *
 * @param recall at 1, 5 and 10
 * @param lines a few of the others, each with the nearest known ones
 */
record Neighbours(Metrics recall, List<List<String>> lines) {
    private static final int BATCH = 64;

    private static final int NEAREST = 3;

    /** A text and its class. */
    private record Row(String text, String label) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%-70s %s", text, label);
        }
    }

    /** Computes all vectors and compares them. */
    static Neighbours of(Function<List<String>, List<float[]>> vectors, Dataset<Text> known, Dataset<Text> asked) {
        final List<Row> knownRows = rows(known);
        final List<Row> askedRows = rows(asked);
        final RetrievalMetrics search = new RetrievalMetrics(vectors(vectors, knownRows), labels(knownRows));
        final List<float[]> queries = vectors(vectors, askedRows);
        final List<List<String>> lines = new ArrayList<>();
        for (int i = 0; i < askedRows.size(); i++) {
            final List<String> some = new ArrayList<>(List.of(askedRows.get(i).toString()));
            search.nearest(queries.get(i), NEAREST).forEach(near -> some.add("    " + knownRows.get(near)));
            lines.add(some);
        }
        return new Neighbours(search.recall(queries, labels(askedRows), 1, 5, 10), lines);
    }

    private static List<Row> rows(Dataset<Text> data) {
        final List<Row> rows = new ArrayList<>();
        for (Example<Text> example : data.asList()) {
            rows.add(new Row(example.input().text(), ((Label.Category) example.label()).name()));
        }
        return rows;
    }

    private static List<String> labels(List<Row> rows) {
        return rows.stream().map(Row::label).toList();
    }

    private static List<float[]> vectors(Function<List<String>, List<float[]>> vectors, List<Row> rows) {
        final List<float[]> all = new ArrayList<>();
        for (int from = 0; from < rows.size(); from += BATCH) {
            final List<Row> some = rows.subList(from, Math.min(rows.size(), from + BATCH));
            all.addAll(vectors.apply(some.stream().map(Row::text).toList()));
        }
        return all;
    }

    /** So many of the texts that were asked with, spread over all, and the nearest of each. */
    String shown(int count) {
        final StringBuilder shown = new StringBuilder();
        final int most = Math.min(count, lines.size());
        for (int i = 0; i < most; i++) {
            lines.get(i * lines.size() / most)
                    .forEach(line -> shown.append(line).append(System.lineSeparator()));
        }
        return shown.toString();
    }
}
