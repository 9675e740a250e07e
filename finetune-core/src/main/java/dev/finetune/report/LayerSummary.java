package dev.finetune.report;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A table of a network: each stage with its parameters, their shapes and counts, and which of them are trained. */
public final class LayerSummary {
    private static final String ROW = "%-62s %-16s %,14d  %s%n";

    private LayerSummary() {}

    /**
     * {@return the table}
     *
     * @param network the network (borrowed)
     */
    public static String of(Network network) {
        final StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%-62s %-16s %14s%n", "layer", "shape", "parameters"));
        final Set<Parameter> shown = new LinkedHashSet<>();
        for (Stage stage : network.stages()) {
            append(table, stage.name(), stage.parameters(), shown);
        }
        append(table, "head", network.head().parameters(), shown);
        final long all =
                network.parameters().stream().mapToLong(Parameter::count).sum();
        final long trained =
                network.trained().stream().mapToLong(Parameter::count).sum();
        table.append(String.format(
                Locale.ROOT,
                "total %,d parameters: %,d trained (%.1f %%), %,d frozen%n",
                all,
                trained,
                100.0 * trained / all,
                all - trained));
        return table.toString();
    }

    private static void append(StringBuilder table, String name, List<Parameter> parameters, Set<Parameter> shown) {
        final long count = parameters.stream().mapToLong(Parameter::count).sum();
        final long trained = parameters.stream()
                .filter(Parameter::isTrained)
                .mapToLong(Parameter::count)
                .sum();
        final String state = trained == count ? "trained" : trained == 0 ? "frozen" : "partly frozen";
        table.append(String.format(Locale.ROOT, ROW, name, "", count, count == 0 ? "" : state));
        for (Parameter parameter : parameters) {
            final String note = (parameter.isTrained() ? "trained" : "frozen")
                    + (parameter.isNewlyInitialized() ? ", new" : "")
                    + (shown.add(parameter) ? "" : ", shared");
            table.append(String.format(
                    Locale.ROOT,
                    ROW,
                    "  " + parameter.name(),
                    Arrays.toString(parameter.shape()),
                    parameter.count(),
                    note));
        }
    }
}
