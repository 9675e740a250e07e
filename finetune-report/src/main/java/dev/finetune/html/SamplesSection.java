package dev.finetune.html;

import dev.finetune.html.page.Block;
import dev.finetune.html.page.Section;
import dev.finetune.metrics.Metrics;
import dev.finetune.record.FitRecord;
import dev.finetune.train.WrittenSamples;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the model wrote for rows of the validation data before training and after it. */
final class SamplesSection {
    private static final int MOST_CHARACTERS = 2_000;

    /** The metrics that are shown, with what they are called. */
    private static final List<Map.Entry<String, String>> SHOWN = List.of(
            Map.entry("exact_match", "exact match"),
            Map.entry("rouge1", "ROUGE-1"),
            Map.entry("rouge2", "ROUGE-2"),
            Map.entry("rougeL", "ROUGE-L"));

    private SamplesSection() {}

    static Optional<Section> of(FitRecord fit) {
        return fit.samples().map(samples -> {
            final List<Block> blocks = new ArrayList<>();
            blocks.add(new Block.Prose("What the model wrote for "
                    + Told.plural(samples.rows().size(), "row", "rows") + " of the validation data before training"
                    + (samples.after().isPresent() ? " and after it." : "; what it writes after training isn't there.")
                    + " Settings: " + samples.settings() + "."));
            blocks.add(scores(samples));
            blocks.add(new Block.Writings(
                    samples.rows().stream().map(SamplesSection::writing).toList()));
            return new Section("samples", "What it writes", blocks);
        });
    }

    private static Block scores(WrittenSamples samples) {
        return new Block.Table(
                "How near these texts are to those of the data; so few tell little",
                List.of(Block.Column.text("metric"), Block.Column.number("before"), Block.Column.number("after")),
                SHOWN.stream()
                        .filter(shown -> samples.before().names().contains(shown.getKey()))
                        .map(shown -> List.of(
                                shown.getValue(),
                                value(shown.getKey(), samples.before()),
                                samples.after()
                                        .map(after -> value(shown.getKey(), after))
                                        .orElse("")))
                        .toList(),
                false);
    }

    private static String value(String name, Metrics metrics) {
        return metrics.names().contains(name) ? Told.metric(name, metrics.get(name)) : "";
    }

    private static Block.Writing writing(WrittenSamples.Row row) {
        final List<Block.Fact> texts = new ArrayList<>();
        texts.add(new Block.Fact("in the data", cut(row.reference()), ""));
        texts.add(new Block.Fact("before training", cut(row.before()), ""));
        row.after().ifPresent(text -> texts.add(new Block.Fact("after training", cut(text), "")));
        final String prompt = row.prompt();
        final int from = Math.max(0, prompt.length() - MOST_CHARACTERS);
        return new Block.Writing(row.row(), from == 0 ? prompt : "... " + prompt.substring(from), texts);
    }

    /** What isn't there is said to be so. */
    private static String cut(String text) {
        if (text.isBlank()) {
            return "(nothing)";
        }
        final String stripped = text.strip();
        return stripped.length() <= MOST_CHARACTERS ? stripped : stripped.substring(0, MOST_CHARACTERS) + " ...";
    }
}
