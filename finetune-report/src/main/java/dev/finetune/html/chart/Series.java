package dev.finetune.html.chart;

import java.util.List;

/**
 * Values that belong together.
 *
 * @param name what they are
 * @param xs where each is
 * @param ys how high each is; as many as there are places; what isn't finite breaks the line
 * @param look how they are drawn
 */
public record Series(String name, List<Double> xs, List<Double> ys, Look look) {
    /** How values are drawn. */
    public enum Look {
        /** A line. */
        LINE,
        /** A thin line for what goes up and down a lot. */
        THIN,
        /** A line with a point at each value. */
        MARKED,
        /** Points. */
        POINTS
    }

    /** Keeps its own copies. */
    public Series {
        xs = List.copyOf(xs);
        ys = List.copyOf(ys);
        if (xs.size() != ys.size()) {
            throw new IllegalArgumentException(name + ": " + xs.size() + " places, but " + ys.size() + " values");
        }
    }
}
