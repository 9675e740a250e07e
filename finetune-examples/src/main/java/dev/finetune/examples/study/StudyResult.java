package dev.finetune.examples.study;

import dev.finetune.report.CsvTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** What every training of a study came to. */
final class StudyResult {
    private final List<Run> runs = new ArrayList<>();

    /**
     * A training.
     *
     * @param shots examples a class, "all" for all
     * @param method its title
     * @param seed of the choice of examples and of training
     * @param accuracy on the evaluation data, from 0 to 1
     * @param seconds from loading the model to its evaluation
     */
    record Run(String shots, String method, long seed, double accuracy, double seconds) {}

    void add(Run run) {
        runs.add(run);
    }

    List<Run> runs() {
        return runs;
    }

    /** A row per number of examples, a column per method: mean, spread (standard deviation of a seed), mean seconds. */
    List<String> table() {
        final Set<String> methods = new LinkedHashSet<>();
        final Map<String, Map<String, List<Run>>> cells = new LinkedHashMap<>();
        for (Run run : runs) {
            methods.add(run.method);
            cells.computeIfAbsent(run.shots, any -> new LinkedHashMap<>())
                    .computeIfAbsent(run.method, any -> new ArrayList<>())
                    .add(run);
        }
        final List<String> lines = new ArrayList<>();
        lines.add("| examples a class | " + String.join(" | ", methods) + " |");
        lines.add("| --- |" + " --- |".repeat(methods.size()));
        cells.forEach((shots, byMethod) -> {
            final List<String> words = new ArrayList<>();
            methods.forEach(method -> words.add(cell(byMethod.getOrDefault(method, List.of()))));
            lines.add("| " + shots + " | " + String.join(" | ", words) + " |");
        });
        return lines;
    }

    private static String cell(List<Run> some) {
        if (some.isEmpty()) {
            return "";
        }
        final double mean = some.stream().mapToDouble(Run::accuracy).average().orElseThrow();
        final double squares = some.stream()
                .mapToDouble(run -> (run.accuracy - mean) * (run.accuracy - mean))
                .sum();
        final double spread = some.size() > 1 ? Math.sqrt(squares / (some.size() - 1)) : 0;
        return String.format(
                Locale.ROOT,
                "%.1f ± %.1f (%.0f s)",
                100 * mean,
                100 * spread,
                some.stream().mapToDouble(Run::seconds).average().orElseThrow());
    }

    /** A line per training. */
    void write(Path file) {
        CsvTable.write(
                file,
                List.of("shots", "method", "seed", "accuracy", "seconds"),
                runs.stream()
                        .map(run -> List.of(run.shots, run.method, run.seed, run.accuracy, run.seconds))
                        .toList());
    }
}
