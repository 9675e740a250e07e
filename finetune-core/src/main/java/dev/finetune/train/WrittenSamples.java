package dev.finetune.train;

import dev.finetune.internal.Visible;
import dev.finetune.metrics.Metrics;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a model wrote for some rows of the validation data before it was trained, and after.
 *
 * @param settings how it wrote, in words; what they don't say is as the model's generation_config.json says
 * @param rows in the order of the validation data
 * @param before what was written before training, compared with the references: see {@link dev.finetune.metrics.SequenceMetrics}.
 *     White space at either end of a text doesn't count
 * @param after the same of what was written after training; empty where nothing was
 */
public record WrittenSamples(String settings, List<Row> rows, Metrics before, Optional<Metrics> after) {
    private static final String INDENT = "\n          ";

    /** Keeps its own copy. */
    public WrittenSamples {
        rows = List.copyOf(rows);
    }

    /**
     * A row.
     *
     * @param row its number in the validation data, counted from 1
     * @param prompt what the model was given, as a person reads it
     * @param reference what the data says there
     * @param before what the model wrote before training
     * @param after what it wrote after training; empty where it wrote nothing any more: training failed, or was interrupted
     */
    public record Row(int row, String prompt, String reference, String before, Optional<String> after) {}

    /**
     * A page for a terminal: row by row, what was asked, what the data says, and what the model wrote; control characters escaped, and said
     * where there is no text.
     */
    @Override
    public String toString() {
        final StringBuilder page = new StringBuilder();
        for (Row row : rows) {
            page.append("validation row ").append(row.row).append('\n');
            line(page, "prompt", row.prompt);
            line(page, "data", row.reference);
            line(page, "before", row.before);
            row.after.ifPresent(text -> line(page, "after", text));
        }
        return page.toString();
    }

    private static void line(StringBuilder page, String name, String text) {
        page.append(String.format(Locale.ROOT, "  %-7s ", name))
                .append(shown(text).replace("\n", INDENT))
                .append('\n');
    }

    private static String shown(String text) {
        return text.isEmpty() ? "(nothing)" : text.isBlank() ? "(white space alone)" : Visible.of(text.strip());
    }
}
