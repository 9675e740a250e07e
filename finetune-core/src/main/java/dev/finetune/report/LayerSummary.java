package dev.finetune.report;

import dev.finetune.nn.Network;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.Stage;
import dev.finetune.record.LayerRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** A table of a network: each stage with its parameters, their shapes and counts, and which of them are trained. */
public final class LayerSummary {
    private static final String ROW = "%-62s %-16s %,14d  %s%n";
    private static final String HEAD = "head";

    private LayerSummary() {}

    /**
     * {@return each parameter of each stage, in order; those that stages share once a stage}
     *
     * @param network the network (borrowed)
     * @param isAdded whether a parameter of a name is an adapter's
     */
    public static List<LayerRow> rows(Network network, Predicate<String> isAdded) {
        final List<LayerRow> rows = new ArrayList<>();
        final Set<Parameter> shown = new LinkedHashSet<>();
        for (Stage stage : network.stages()) {
            add(stage.name(), stage.parameters(), isAdded, shown, rows);
        }
        add(HEAD, network.head().parameters(), isAdded, shown, rows);
        return rows;
    }

    private static void add(
            String stage,
            List<Parameter> parameters,
            Predicate<String> isAdded,
            Set<Parameter> shown,
            List<LayerRow> rows) {
        for (Parameter parameter : parameters) {
            rows.add(new LayerRow(
                    stage,
                    parameter.name(),
                    Arrays.stream(parameter.shape()).boxed().toList(),
                    parameter.count(),
                    parameter.isTrained(),
                    parameter.isNewlyInitialized(),
                    !shown.add(parameter),
                    isAdded.test(parameter.name())));
        }
    }

    /**
     * {@return the table}
     *
     * @param network the network (borrowed)
     */
    public static String of(Network network) {
        final StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%-62s %-16s %14s%n", "layer", "shape", "parameters"));
        final Map<String, List<LayerRow>> byStage = new LinkedHashMap<>();
        network.stages().forEach(stage -> byStage.put(stage.name(), new ArrayList<>()));
        byStage.put(HEAD, new ArrayList<>());
        final List<LayerRow> rows = rows(network, name -> false);
        rows.forEach(row ->
                byStage.computeIfAbsent(row.stage(), stage -> new ArrayList<>()).add(row));
        final Map<String, String> packed = new HashMap<>();
        network.parameters()
                .forEach(parameter ->
                        parameter.packed().ifPresent(weight -> packed.put(parameter.name(), weight.format())));
        byStage.forEach((stage, ofStage) -> append(table, stage, ofStage, packed));
        final List<LayerRow> counted =
                rows.stream().filter(row -> !row.isShared()).toList();
        final long all = counted.stream().mapToLong(LayerRow::parameters).sum();
        final long trained = counted.stream()
                .filter(LayerRow::isTrained)
                .mapToLong(LayerRow::parameters)
                .sum();
        table.append(String.format(
                Locale.ROOT,
                "total %,d parameters: %,d trained (%.1f %%), %,d frozen%n",
                all,
                trained,
                100.0 * trained / all,
                all - trained));
        return table.toString();
    }

    private static void append(StringBuilder table, String name, List<LayerRow> rows, Map<String, String> packed) {
        final long count = rows.stream().mapToLong(LayerRow::parameters).sum();
        final long trained = rows.stream()
                .filter(LayerRow::isTrained)
                .mapToLong(LayerRow::parameters)
                .sum();
        final String state = trained == count ? "trained" : trained == 0 ? "frozen" : "partly frozen";
        table.append(String.format(Locale.ROOT, ROW, name, "", count, count == 0 ? "" : state));
        for (LayerRow row : rows) {
            final String note = (row.isTrained() ? "trained" : "frozen")
                    + Optional.ofNullable(packed.get(row.name()))
                            .map(format -> ", " + format)
                            .orElse("")
                    + (row.isNew() ? ", new" : "")
                    + (row.isShared() ? ", shared" : "");
            table.append(String.format(Locale.ROOT, ROW, "  " + row.name(), row.shape(), row.parameters(), note));
        }
    }
}
