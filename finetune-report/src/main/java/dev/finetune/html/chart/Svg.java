package dev.finetune.html.chart;

import dev.finetune.html.page.Markup;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a chart. Colours and fonts are the page's, by classes, so that it goes with a dark one and with print. */
final class Svg {
    private static final double WIDTH = 480;
    private static final double HEIGHT = 290;
    private static final double LEFT = 70;
    private static final double RIGHT = 14;
    private static final double TOP = 14;
    private static final double BOTTOM = 46;
    private static final double PLOT_WIDTH = WIDTH - LEFT - RIGHT;
    private static final double PLOT_HEIGHT = HEIGHT - TOP - BOTTOM;

    private final Chart chart;
    private final StringBuilder svg = new StringBuilder();

    Svg(Chart chart) {
        this.chart = chart;
    }

    String draw() {
        final String id = Markup.escaped(chart.id());
        svg.append("<svg class=\"chart\" viewBox=\"0 0 480 290\" role=\"img\" aria-labelledby=\"")
                .append(id)
                .append("-t ")
                .append(id)
                .append("-d\"><title id=\"")
                .append(id)
                .append("-t\">")
                .append(Markup.escaped(chart.title()))
                .append("</title><desc id=\"")
                .append(id)
                .append("-d\">")
                .append(Markup.escaped(chart.description()))
                .append("</desc>");
        axes();
        diagonal();
        chart.bars().forEach(this::bar);
        for (int i = 0; i < chart.series().size(); i++) {
            series(chart.series().get(i), "s" + (i % 6 + 1));
        }
        mark();
        return svg.append("</svg>").toString();
    }

    private void axes() {
        for (double tick : chart.y().ticks()) {
            final double at = y(tick);
            line("grid", LEFT, at, WIDTH - RIGHT, at);
            text("end", LEFT - 6, at + 4, chart.y().told(tick));
        }
        for (double tick : chart.x().ticks()) {
            final double at = x(tick);
            line("tick", at, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 4);
            text("middle", at, HEIGHT - BOTTOM + 17, chart.x().told(tick));
        }
        line("axis", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
        line("axis", LEFT, TOP, LEFT, HEIGHT - BOTTOM);
        svg.append("<text class=\"name\" text-anchor=\"middle\" x=\"")
                .append(told(LEFT + PLOT_WIDTH / 2))
                .append("\" y=\"")
                .append(told(HEIGHT - 8))
                .append("\">")
                .append(Markup.escaped(chart.x().name()))
                .append("</text><text class=\"name\" text-anchor=\"middle\" transform=\"translate(13 ")
                .append(told(TOP + PLOT_HEIGHT / 2))
                .append(") rotate(-90)\">")
                .append(Markup.escaped(chart.y().name()))
                .append("</text>");
    }

    private void line(String look, double x1, double y1, double x2, double y2) {
        svg.append("<path class=\"")
                .append(look)
                .append("\" d=\"M")
                .append(told(x1))
                .append(' ')
                .append(told(y1))
                .append('L')
                .append(told(x2))
                .append(' ')
                .append(told(y2))
                .append("\"/>");
    }

    private void text(String anchor, double x, double y, String words) {
        svg.append("<text text-anchor=\"")
                .append(anchor)
                .append("\" x=\"")
                .append(told(x))
                .append("\" y=\"")
                .append(told(y))
                .append("\">")
                .append(Markup.escaped(words))
                .append("</text>");
    }

    private void diagonal() {
        if (chart.hasDiagonal()) {
            final double from = Math.max(chart.x().from(), chart.y().from());
            final double to = Math.min(chart.x().to(), chart.y().to());
            line("diagonal", x(from), y(from), x(to), y(to));
        }
    }

    private void bar(Chart.Bar bar) {
        if (bar.height() > 0) {
            final double left = x(bar.from()) + 0.5;
            final double width = Math.max(0.5, x(bar.to()) - x(bar.from()) - 1);
            svg.append("<rect class=\"bar\" x=\"")
                    .append(told(left))
                    .append("\" y=\"")
                    .append(told(y(bar.height())))
                    .append("\" width=\"")
                    .append(told(width))
                    .append("\" height=\"")
                    .append(told(HEIGHT - BOTTOM - y(bar.height())))
                    .append("\"/>");
        }
    }

    private void mark() {
        chart.mark().filter(mark -> chart.x().shows(mark.x())).ifPresent(mark -> {
            final double at = x(mark.x());
            final boolean isRight = at > LEFT + PLOT_WIDTH / 2;
            line("mark", at, TOP, at, HEIGHT - BOTTOM);
            text(isRight ? "end" : "start", isRight ? at - 5 : at + 5, TOP + 10, mark.text());
        });
    }

    private void series(Series series, String colour) {
        int from = 0;
        while (from < series.xs().size()) {
            int to = from;
            while (to < series.xs().size() && isShown(series, to)) {
                to++;
            }
            if (to > from) {
                piece(series, from, to, colour);
            }
            from = to + 1;
        }
    }

    private boolean isShown(Series series, int index) {
        return chart.x().shows(series.xs().get(index))
                && chart.y().shows(series.ys().get(index));
    }

    /** Values without a gap. */
    private void piece(Series series, int from, int to, String colour) {
        final double[] xs = new double[to - from];
        final double[] ys = new double[to - from];
        for (int i = from; i < to; i++) {
            xs[i - from] = x(series.xs().get(i));
            ys[i - from] = y(series.ys().get(i));
        }
        final boolean arePoints = series.look() == Series.Look.POINTS;
        final List<Integer> kept = arePoints ? all(xs.length) : Decimation.kept(xs, ys);
        if (!arePoints && xs.length > 1) {
            svg.append("<path class=\"line ")
                    .append(colour)
                    .append(series.look() == Series.Look.THIN ? " thin" : "")
                    .append("\" d=\"M");
            for (int i = 0; i < kept.size(); i++) {
                svg.append(i == 0 ? "" : "L")
                        .append(told(xs[kept.get(i)]))
                        .append(' ')
                        .append(told(ys[kept.get(i)]));
            }
            svg.append("\"/>");
        }
        if (arePoints || series.look() == Series.Look.MARKED || xs.length == 1) {
            points(xs, ys, kept, colour);
        }
    }

    /** As a path of lines of no length, whose round ends are the points. */
    private void points(double[] xs, double[] ys, List<Integer> kept, String colour) {
        svg.append("<path class=\"points ").append(colour).append("\" d=\"");
        for (int each : kept) {
            svg.append('M')
                    .append(told(xs[each]))
                    .append(' ')
                    .append(told(ys[each]))
                    .append("h0");
        }
        svg.append("\"/>");
    }

    private static List<Integer> all(int count) {
        final List<Integer> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(i);
        }
        return all;
    }

    private double x(double value) {
        return LEFT + PLOT_WIDTH * chart.x().place(value);
    }

    private double y(double value) {
        return TOP + PLOT_HEIGHT * (1 - chart.y().place(value));
    }

    /** To a tenth of a pixel, without what says nothing. */
    private static String told(double pixels) {
        final long tenths = Math.round(pixels * 10);
        return tenths % 10 == 0 ? Long.toString(tenths / 10) : String.format(Locale.ROOT, "%.1f", tenths / 10.0);
    }
}
