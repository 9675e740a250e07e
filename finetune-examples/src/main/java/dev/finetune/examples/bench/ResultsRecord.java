package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Runs that are done, a line of JSON each in a file, so that what was begun is gone on with; and their table. */
final class ResultsRecord {
    static final String OURS = "ours";
    static final String SHUFFLED = "ours, not grouped by length";
    static final String PEER = "python";

    private final Path file;
    private final List<Run> runs = new ArrayList<>();

    /**
     * A run that is done.
     *
     * @param row its name
     * @param side whose it is
     * @param rows how many rows were asked for to learn from, 0 for all
     * @param evaluationRows and to evaluate on
     * @param epochs passes
     * @param score of the row's metric, 0 to 1
     * @param seconds from the start of the process to its end
     * @param megabytes peak resident size; 0 where it isn't known
     */
    record Run(
            String row,
            String side,
            long seed,
            int rows,
            int evaluationRows,
            double epochs,
            double score,
            double seconds,
            double megabytes) {
        /** The same with its figures. */
        Run with(double itsScore, double itsSeconds, double itsMegabytes) {
            return new Run(row, side, seed, rows, evaluationRows, epochs, itsScore, itsSeconds, itsMegabytes);
        }

        boolean isOf(Run other) {
            return row.equals(other.row)
                    && rows == other.rows
                    && evaluationRows == other.evaluationRows
                    && epochs == other.epochs;
        }
    }

    /** Reads what is there. */
    ResultsRecord(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            int number = 0;
            for (String line : Files.readAllLines(file)) {
                number++;
                try {
                    runs.add(new Gson().fromJson(line, Run.class));
                } catch (JsonParseException e) {
                    throw new FinetuneException(
                            "--record " + file + ", line " + number + " is no run: delete the line. " + e.getMessage(),
                            e);
                }
            }
        }
    }

    /** Whether a run of this kind, side and seed is there. */
    boolean has(Run wanted) {
        return runs.stream()
                .anyMatch(run -> run.isOf(wanted) && run.side.equals(wanted.side) && run.seed == wanted.seed);
    }

    void add(Run run) throws IOException {
        runs.add(run);
        Files.writeString(file, new Gson().toJson(run) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Markdown, of seeds that both sides have had. */
    List<String> table() {
        final List<String> lines = new ArrayList<>(List.of(
                "| data and method | rows (trained / evaluated), epochs | this library | not grouped by length | Python |"
                        + " seeds | time, Python's / ours | memory, ours / Python's |",
                "| --- | --- | --- | --- | --- | --- | --- | --- |"));
        final List<Run> kinds = new ArrayList<>();
        for (Run run : runs) {
            if (kinds.stream().noneMatch(run::isOf)) {
                kinds.add(run);
            }
        }
        kinds.forEach(kind -> lines.add(line(kind)));
        return lines;
    }

    private String line(Run kind) {
        final List<Run> ours = of(kind, OURS);
        final List<Run> theirs = of(kind, PEER);
        return String.format(
                Locale.ROOT,
                "| %s | %s / %s, %s | %s | %s | %s | %d and %d | %s | %s |",
                kind.row,
                kind.rows == 0 ? "all" : kind.rows,
                kind.evaluationRows == 0 ? "all" : kind.evaluationRows,
                kind.epochs,
                scores(ours),
                scores(of(kind, SHUFFLED)),
                scores(theirs),
                ours.size(),
                theirs.size(),
                ratio(theirs, ours, Run::seconds),
                ratio(ours, theirs, Run::megabytes));
    }

    private List<Run> of(Run kind, String side) {
        return runs.stream()
                .filter(run -> run.isOf(kind) && run.side.equals(side))
                .toList();
    }

    /** In percent: the mean, and the standard deviation where there are several. */
    private static String scores(List<Run> some) {
        if (some.isEmpty()) {
            return "";
        }
        final double mean = mean(some, Run::score);
        final double squares = some.stream()
                .mapToDouble(run -> (run.score - mean) * (run.score - mean))
                .sum();
        return String.format(Locale.ROOT, "%.1f", 100 * mean)
                + (some.size() == 1
                        ? ""
                        : String.format(Locale.ROOT, " ± %.1f", 100 * Math.sqrt(squares / (some.size() - 1))));
    }

    private static String ratio(List<Run> over, List<Run> under, ToDoubleFunction<Run> of) {
        final double top = mean(over, of);
        final double bottom = mean(under, of);
        return top > 0 && bottom > 0 ? String.format(Locale.ROOT, "%.2f", top / bottom) : "";
    }

    private static double mean(List<Run> some, ToDoubleFunction<Run> of) {
        return some.stream().mapToDouble(of).average().orElse(Double.NaN);
    }
}
