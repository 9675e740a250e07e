package dev.finetune.examples.bench;

import dev.finetune.report.CsvTable;
import dev.finetune.report.Plot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What grew, as a table for programs and as a picture. */
final class GrowthFiles {
    private GrowthFiles() {}

    /** Writes both kinds of points to one file, with a header; what a kind doesn't have is empty. */
    static void csv(Path file, List<List<GrowthPoint>> axes, List<StreamPoint> streams) {
        final List<List<Object>> rows = new ArrayList<>();
        for (List<GrowthPoint> points : axes) {
            for (GrowthPoint point : points) {
                rows.add(List.of(
                        point.axis(),
                        point.value(),
                        point.milliseconds(),
                        point.gigaflop(),
                        "",
                        "",
                        point.megabytes()));
            }
        }
        for (StreamPoint point : streams) {
            rows.add(List.of("rows", point.rows(), "", "", point.firstStep(), point.heap(), point.megabytes()));
        }
        CsvTable.write(
                file, List.of("axis", "value", "ms_per_step", "gflop", "first_step_s", "heap_mb", "peak_rss_mb"), rows);
    }

    /** Draws a column for each axis and one for the rows: time above, memory below. */
    static void png(Path file, List<List<GrowthPoint>> axes, List<StreamPoint> streams) {
        final List<Plot> above = new ArrayList<>();
        final List<Plot> below = new ArrayList<>();
        for (List<GrowthPoint> points : axes) {
            final Plot.Axis axis = Plot.Axis.logarithmic(points.get(0).axis());
            final Function<GrowthPoint, Double> across = point -> (double) point.value();
            above.add(plot(axis, Plot.Axis.logarithmic("ms a step"), points, across, GrowthPoint::milliseconds));
            below.add(plot(axis, Plot.Axis.of("peak MB"), points, across, GrowthPoint::megabytes));
        }
        final Plot.Axis rows = Plot.Axis.logarithmic("rows");
        final Function<StreamPoint, Double> across = point -> (double) point.rows();
        above.add(plot(rows, Plot.Axis.of("s to the first step"), streams, across, StreamPoint::firstStep));
        below.add(plot(rows, Plot.Axis.of("heap MB"), streams, across, StreamPoint::heap));
        final int columns = above.size();
        above.addAll(below);
        Plot.writePng(file, columns, above);
    }

    private static <P> Plot plot(
            Plot.Axis x, Plot.Axis y, List<P> points, Function<P, Double> across, Function<P, Double> up) {
        return new Plot(
                x,
                y,
                List.of(new Plot.Series(
                        y.title(),
                        points.stream().map(across).toList(),
                        points.stream().map(up).toList(),
                        true)));
    }
}
