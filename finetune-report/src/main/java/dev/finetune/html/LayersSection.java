package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.record.FitRecord;
import dev.finetune.record.LayerRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The network: its parts, which of them are trained, and what was added to them. */
final class LayersSection {
    private static final int MOST_ROWS = 400;

    private LayersSection() {}

    static Section of(FitRecord fit) {
        final List<Block> blocks = new ArrayList<>();
        loading(fit.model().loading(), blocks);
        added(fit, blocks);
        final Map<String, List<LayerRow>> byStage = new LinkedHashMap<>();
        fit.layers()
                .forEach(row -> byStage.computeIfAbsent(row.stage(), any -> new ArrayList<>())
                        .add(row));
        blocks.add(new Block.Table(
                "Parts of the network",
                List.of(
                        Block.Column.text("part"),
                        Block.Column.number("parameters"),
                        Block.Column.number("trained"),
                        Block.Column.text("state")),
                byStage.entrySet().stream()
                        .map(entry -> stage(entry.getKey(), entry.getValue()))
                        .toList(),
                byStage.size() > 30));
        blocks.add(new Block.Table(
                "Each parameter" + (fit.layers().size() > MOST_ROWS ? ", the first " + MOST_ROWS : ""),
                List.of(
                        Block.Column.text("name"),
                        Block.Column.text("shape"),
                        Block.Column.number("parameters"),
                        Block.Column.text("state")),
                fit.layers().stream()
                        .limit(MOST_ROWS)
                        .map(row -> List.of(
                                row.name(),
                                row.shape().toString(),
                                Told.count(row.parameters()),
                                (row.isTrained() ? "trained" : "frozen")
                                        + (row.isAdded() ? ", added" : "")
                                        + (row.isNew() && !row.isAdded() ? ", new" : "")
                                        + (row.isShared() ? ", shared" : "")))
                        .toList(),
                true));
        return new Section("layers", "Layers", blocks);
    }

    /** Lines, of which those that are indented belong to the one before. */
    private static void loading(String lines, List<Block> blocks) {
        final List<String> items = new ArrayList<>();
        lines.lines().forEach(line -> {
            if (line.startsWith(" ")) {
                items.add(line.strip());
            } else {
                flush(items, blocks);
                blocks.add(new Block.Prose(line));
            }
        });
        flush(items, blocks);
    }

    private static void flush(List<String> items, List<Block> blocks) {
        if (!items.isEmpty()) {
            blocks.add(new Block.Bullets(List.copyOf(items)));
            items.clear();
        }
    }

    private static void added(FitRecord fit, List<Block> blocks) {
        fit.model().adapter().ifPresent(adapter -> {
            final List<LayerRow> added =
                    fit.layers().stream().filter(LayerRow::isAdded).toList();
            final long base = fit.layers().stream()
                    .filter(row -> !row.isAdded() && !row.isShared())
                    .mapToLong(LayerRow::parameters)
                    .sum();
            final long count = added.stream().mapToLong(LayerRow::parameters).sum();
            blocks.add(new Block.Prose("The model was adapted with " + adapter + ": " + Told.count(count)
                    + " parameters in " + Told.plural(added.size(), "tensor", "tensors")
                    + " beside " + Told.count(base) + " of the base"
                    + (base == 0 ? "." : ", " + Told.percent((double) count / base) + " as many.")));
        });
    }

    private static List<String> stage(String name, List<LayerRow> rows) {
        final long count = rows.stream().mapToLong(LayerRow::parameters).sum();
        final long trained = rows.stream()
                .filter(LayerRow::isTrained)
                .mapToLong(LayerRow::parameters)
                .sum();
        return List.of(
                name,
                Told.count(count),
                Told.count(trained),
                trained == count ? "trained" : trained == 0 ? "frozen" : "partly trained");
    }
}
