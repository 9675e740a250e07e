package dev.finetune.html.chart;

import java.util.List;
import java.util.Optional;

/**
 * A chart over two axes.
 *
 * @param id of its element, of which there is one on a page
 * @param title what it shows
 * @param description what there is to see in it, in words
 * @param x the horizontal axis
 * @param y the vertical axis
 * @param series lines and points
 * @param bars from the horizontal axis up
 * @param mark a place on the horizontal axis that is marked
 * @param hasDiagonal whether a line is drawn from the lower left to the upper right
 */
public record Chart(
        String id,
        String title,
        String description,
        Axis x,
        Axis y,
        List<Series> series,
        List<Bar> bars,
        Optional<Mark> mark,
        boolean hasDiagonal) {
    /** Keeps its own copies. */
    public Chart {
        series = List.copyOf(series);
        bars = List.copyOf(bars);
    }

    /**
     * A bar.
     *
     * @param from its left end
     * @param to its right end
     * @param height its height
     */
    public record Bar(double from, double to, double height) {}

    /**
     * A place that is marked.
     *
     * @param x where
     * @param text what is there, in a few words
     */
    public record Mark(double x, String text) {}

    /**
     * {@return lines over two axes}
     *
     * @param id of its element
     * @param title what it shows
     * @param description what there is to see in it, in words
     * @param x the horizontal axis
     * @param y the vertical axis
     * @param series what is drawn
     */
    public static Chart of(String id, String title, String description, Axis x, Axis y, List<Series> series) {
        return new Chart(id, title, description, x, y, series, List.of(), Optional.empty(), false);
    }

    /**
     * {@return bars over two axes}
     *
     * @param id of its element
     * @param title what it shows
     * @param description what there is to see in it, in words
     * @param x the horizontal axis
     * @param y the vertical axis
     * @param bars what is drawn
     */
    public static Chart ofBars(String id, String title, String description, Axis x, Axis y, List<Bar> bars) {
        return new Chart(id, title, description, x, y, List.of(), bars, Optional.empty(), false);
    }

    /**
     * {@return the same with a place marked}
     *
     * @param other the place
     */
    public Chart with(Mark other) {
        return new Chart(id, title, description, x, y, series, bars, Optional.of(other), hasDiagonal);
    }

    /** {@return the same with a diagonal} */
    public Chart withDiagonal() {
        return new Chart(id, title, description, x, y, series, bars, mark, true);
    }

    /** {@return the chart as an element of SVG} */
    public String svg() {
        return new Svg(this).draw();
    }
}
