package dev.finetune.report;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.AtomicFile;
import java.awt.AWTError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Lines and points over two axes, drawn to a PNG without a display. XChart draws them: {@code org.knowm.xchart:xchart} is an
 * optional dependency, which an application that wants plots adds.
 *
 * @param x what the horizontal axis is
 * @param y what the vertical axis is; it starts at its lowest value
 * @param series what is drawn
 */
public record Plot(Axis x, Axis y, List<Series> series) {
    private static final int WIDTH = 480;
    private static final int HEIGHT = 340;

    /** Keeps its own copy. */
    public Plot {
        series = List.copyOf(series);
    }

    /**
     * An axis.
     *
     * @param title what it shows, with its unit
     * @param logarithmic whether steps on it are factors; values that aren't above 0 are then left out
     */
    public record Axis(String title, boolean logarithmic) {
        /**
         * {@return an axis in proportion}
         *
         * @param title what stands beside it
         */
        public static Axis of(String title) {
            return new Axis(title, false);
        }

        /**
         * {@return an axis of factors}
         *
         * @param title what stands beside it
         */
        public static Axis logarithmic(String title) {
            return new Axis(title, true);
        }

        private boolean shows(double value) {
            return Double.isFinite(value) && (!logarithmic || value > 0);
        }
    }

    /**
     * Values that belong together.
     *
     * @param name what they are, in the legend
     * @param xs where each is; as many as {@code ys}
     * @param ys how high each is; infinite and undefined ones are left out
     * @param connected whether a line joins them
     */
    public record Series(String name, List<Double> xs, List<Double> ys, boolean connected) {
        /** Keeps its own copies. */
        public Series {
            xs = List.copyOf(xs);
            ys = List.copyOf(ys);
            if (xs.size() != ys.size()) {
                throw new FinetuneException("The series \"" + name + "\" of a plot has " + xs.size() + " x values and "
                        + ys.size() + " y values; expected as many.");
            }
        }
    }

    /**
     * Draws it.
     *
     * @param file the PNG file, replaced if it is there
     * @throws FinetuneException if the file can't be written, this Java runtime can't draw, or XChart isn't there
     */
    public void writePng(Path file) {
        writePng(file, 1, List.of(this));
    }

    /**
     * Draws several on one picture, in rows.
     *
     * @param file the PNG file, replaced if it is there
     * @param columns how many there are beside each other
     * @param plots row by row
     * @throws FinetuneException if the file can't be written, this Java runtime can't draw, or XChart isn't there
     */
    public static void writePng(Path file, int columns, List<Plot> plots) {
        try {
            AtomicFile.write(file, png(columns, plots));
        } catch (NoClassDefFoundError e) {
            throw new FinetuneException(
                    file + ": plots are drawn by XChart, which isn't here (" + e.getMessage() + "). Add the dependency"
                            + " org.knowm.xchart:xchart, 3.8 or later (on a module path also --add-modules"
                            + " org.knowm.xchart,java.desktop). The values can be had as CSV without it.",
                    e);
        } catch (IOException | AWTError | LinkageError e) {
            throw new FinetuneException(
                    file + ": the plot couldn't be drawn: " + e + ". The values can be had as CSV, too.", e);
        }
    }

    private static byte[] png(int columns, List<Plot> plots) throws IOException {
        final List<XYChart> charts = new ArrayList<>();
        plots.forEach(plot -> charts.add(plot.chart()));
        final int rows = (charts.size() + columns - 1) / columns;
        while (charts.size() < rows * columns) {
            charts.add(new Plot(Axis.of(""), Axis.of(""), List.of()).chart());
        }
        final ByteArrayOutputStream png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(charts, rows, columns, png, BitmapFormat.PNG);
        return png.toByteArray();
    }

    private XYChart chart() {
        final XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .xAxisTitle(x.title)
                .yAxisTitle(y.title)
                .build();
        chart.getStyler().setXAxisLogarithmic(x.logarithmic);
        chart.getStyler().setYAxisLogarithmic(y.logarithmic);
        chart.getStyler().setLegendPosition(LegendPosition.InsideNE);
        chart.getStyler().setLegendVisible(series.size() > 1);
        chart.getStyler().setMarkerSize(6);
        for (Series one : series) {
            final int[] shown = IntStream.range(0, one.xs.size())
                    .filter(i -> x.shows(one.xs.get(i)) && y.shows(one.ys.get(i)))
                    .toArray();
            if (shown.length > 0) {
                final XYSeries drawn = chart.addSeries(
                        one.name,
                        IntStream.of(shown).mapToDouble(one.xs::get).toArray(),
                        IntStream.of(shown).mapToDouble(one.ys::get).toArray());
                drawn.setMarker(one.connected && shown.length > 40 ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
                if (!one.connected) {
                    drawn.setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter);
                }
            }
        }
        return chart;
    }
}
