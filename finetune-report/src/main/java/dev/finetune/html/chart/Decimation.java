package dev.finetune.html.chart;

import java.util.ArrayList;
import java.util.List;

/**
 * Makes a line of many values one of few that looks the same: of the values in one column of pixels the first, the lowest, the
 * highest and the last are kept, in their order, so that no spike is lost.
 */
final class Decimation {
    private Decimation() {}

    /**
     * The indices of the values that are kept; all of them where there are no more than four a column.
     *
     * @param columns where each value is, in pixels from the left, never less than the one before
     * @param ys the values, all finite
     */
    static List<Integer> kept(double[] columns, double[] ys) {
        final List<Integer> kept = new ArrayList<>();
        int from = 0;
        while (from < ys.length) {
            int to = from;
            while (to < ys.length && (long) columns[to] == (long) columns[from]) {
                to++;
            }
            add(from, to, ys, kept);
            from = to;
        }
        return kept;
    }

    private static void add(int from, int to, double[] ys, List<Integer> kept) {
        if (to - from <= 4) {
            for (int i = from; i < to; i++) {
                kept.add(i);
            }
            return;
        }
        int lowest = from;
        int highest = from;
        for (int i = from; i < to; i++) {
            lowest = ys[i] < ys[lowest] ? i : lowest;
            highest = ys[i] > ys[highest] ? i : highest;
        }
        for (int i = from; i < to; i++) {
            if (i == from || i == lowest || i == highest || i == to - 1) {
                kept.add(i);
            }
        }
    }
}
