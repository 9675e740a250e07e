package dev.finetune.examples.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Training on a streamed data set.
 *
 * @param rows how many it has
 * @param firstStep seconds from the start of the fit to the end of the first step
 * @param heap the Java heap in use after the last step, in MB
 * @param megabytes the peak resident size of the process
 */
record StreamPoint(long rows, double firstStep, double heap, double megabytes) {
    /** A table of them. */
    static List<String> table(List<StreamPoint> points) {
        final List<String> lines = new ArrayList<>();
        lines.add("| rows streamed | s to the first step | heap MB | peak MB |");
        lines.add("| --- | --- | --- | --- |");
        for (StreamPoint point : points) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %d | %.2f | %.0f | %.0f |",
                    point.rows,
                    point.firstStep,
                    point.heap,
                    point.megabytes));
        }
        return lines;
    }
}
