package dev.finetune.html.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Axes, and lines that are drawn with less than all of their values. */
class ChartTest {
    @Test
    void ticksAreRound() {
        assertThat(told(Axis.of("x", 0, 1))).containsExactly("0.0", "0.2", "0.4", "0.6", "0.8", "1.0");
        assertThat(told(Axis.of("x", 0, 12_345))).containsExactly("0", "5,000", "10,000");
        assertThat(told(Axis.spanning("x", 0.31, 0.42))).contains("0.32", "0.42");
        assertThat(told(Axis.fromZero("x", 0, 5e-5))).containsExactly("0", "1e-5", "2e-5", "3e-5", "4e-5", "5e-5");
        assertThat(told(Axis.fromZero("x", 0, 3e-4))).contains("5e-5", "1.5e-4", "3e-4");
        assertThat(told(Axis.ofFactors("x", 1e-5, 1))).containsExactly("1e-4", "0.01", "1");
        assertThat(told(Axis.spanning("x", 1, 1e12))).contains("1", "1e3", "1e12");
        assertThat(told(Axis.spanning("x", 7, 7))).contains("7.0");
        assertThat(told(Axis.spanning("x", Double.NaN))).contains("0.0", "1.0");
    }

    @Test
    void whatHasNoOrderStandsBesideEachOther() {
        final Axis axis = Axis.named("freeze", List.of("nothing", "everything but the head, of course", "stem"));
        assertThat(told(axis))
                .containsExactly("nothing", "everything but the\u2026".substring(0, 17) + "\u2026", "stem");
        assertThat(axis.place(0)).isBetween(0.1, 0.2);
        assertThat(axis.place(2)).isBetween(0.8, 0.9);
        assertThat(told(Axis.whole("n", 1, 3))).containsExactly("1", "2", "3");
        assertThat(told(Axis.whole("n", 0, 40))).containsExactly("0", "10", "20", "30", "40");
        final Axis one = Axis.ofFactors("lr", 1e-3);
        assertThat(one.place(1e-3)).isBetween(0.49, 0.51);
        assertThat(Axis.ofFactors("lr").place(1)).isBetween(0.49, 0.51);
    }

    private static List<String> told(Axis axis) {
        return axis.ticks().stream().map(axis::told).toList();
    }

    @Test
    void noSpikeIsLostWhereALineHasMoreValuesThanPixels() {
        final List<Double> xs = new ArrayList<>();
        final List<Double> ys = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            xs.add((double) i);
            ys.add(i == 31_415 ? 9.0 : 1 + i % 5 / 10.0);
        }
        final Axis x = Axis.of("x", 0, 100_000);
        final String all = chart(x, xs, ys).svg();
        ys.set(31_415, 1.0);
        final String without = chart(x, xs, ys).svg();

        assertThat(all.length()).isLessThan(25_000);
        assertThat(all).isNotEqualTo(without);
    }

    private static Chart chart(Axis x, List<Double> xs, List<Double> ys) {
        return Chart.of("c", "t", "d", x, Axis.of("y", 0, 10), List.of(new Series("s", xs, ys, Series.Look.THIN)));
    }

    @Test
    void aLineBreaksWhereItHasNoNumber() {
        final String svg = chart(
                        Axis.of("x", 0, 4), List.of(0.0, 1.0, 2.0, 3.0, 4.0), List.of(1.0, 2.0, Double.NaN, 2.0, 1.0))
                .svg();

        assertThat(svg.split("class=\"line ", -1)).hasSize(3);
        assertThat(svg).doesNotContain("NaN");
    }
}
