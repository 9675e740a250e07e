package dev.finetune.examples.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A training step of a shape, timed.
 *
 * @param axis what grows: seq, batch or layers
 * @param value how large it is here
 * @param gigaflop what the matrix products of a step need, in 10^9 operations
 * @param milliseconds the median step
 * @param megabytes the peak resident size of the process
 */
record GrowthPoint(String axis, int value, double gigaflop, double milliseconds, double megabytes) {
    /**
     * The operations of a step's matrix products in the encoder's layers, backward counted as twice forward: {@code 6
     * batch seq layers (12 hidden^2 + 2 seq hidden)}, in 10^9. Embeddings, norms and the optimizer are not counted.
     */
    static double gigaflop(int batch, int length, int layers, int hidden) {
        return 6.0 * batch * length * layers * (12.0 * hidden * hidden + 2.0 * length * hidden) / 1e9;
    }

    /** Operations a second, in 10^9. */
    double rate() {
        return gigaflop / milliseconds * 1e3;
    }

    /**
     * A table of the points of one axis, the smallest first. Its last column is the rate over the best rate of a smaller
     * point: well below 1 means that time grows faster than the arithmetic.
     */
    static List<String> table(List<GrowthPoint> points) {
        final List<String> lines = new ArrayList<>();
        lines.add("| " + points.get(0).axis + " | ms a step | GFLOP | GFLOP/s | peak MB | rate over the best before |");
        lines.add("| --- | --- | --- | --- | --- | --- |");
        double best = 0;
        for (GrowthPoint point : points) {
            lines.add(String.format(
                    Locale.ROOT,
                    "| %d | %.1f | %.2f | %.1f | %.0f | %s |",
                    point.value,
                    point.milliseconds,
                    point.gigaflop,
                    point.rate(),
                    point.megabytes,
                    best == 0 ? "" : String.format(Locale.ROOT, "%.2f", point.rate() / best)));
            best = Math.max(best, point.rate());
        }
        return lines;
    }
}
