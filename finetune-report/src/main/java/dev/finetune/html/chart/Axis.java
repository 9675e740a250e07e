package dev.finetune.html.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * An axis of a chart: which values it spans, and where its ticks are.
 *
 * @param name what it shows, with its unit
 * @param from its lowest value
 * @param to its highest value, above the lowest
 * @param isLogarithmic whether steps on it are factors; then both are above 0
 * @param isWhole whether its values are whole numbers
 * @param names what stands at 0, 1 ... where its values have no order; empty for numbers
 */
public record Axis(String name, double from, double to, boolean isLogarithmic, boolean isWhole, List<String> names) {
    private static final double MOST_TICKS = 6;
    private static final double WIDE = 100;

    /** How many characters of names there is room for, all names together. */
    private static final int ROOM = 56;

    /** Keeps its own copy. */
    public Axis {
        names = List.copyOf(names);
    }

    private Axis(String name, double from, double to, boolean isLogarithmic) {
        this(name, from, to, isLogarithmic, false, List.of());
    }

    /**
     * {@return an axis from one value to another}
     *
     * @param name what it shows, with its unit
     * @param from its lowest value
     * @param to its highest value
     */
    public static Axis of(String name, double from, double to) {
        return to > from
                ? new Axis(name, from, to, false)
                : new Axis(
                        name, from - Math.max(1, Math.abs(from)) / 10, from + Math.max(1, Math.abs(from)) / 10, false);
    }

    /**
     * {@return an axis that spans the finite ones of some values, with a little room; one of factors, where all are above 0 and the
     * largest is more than a hundred times the smallest}
     *
     * @param name what it shows, with its unit
     * @param values any; none finite is as if there were 0 alone
     */
    public static Axis spanning(String name, double... values) {
        double lowest = Double.POSITIVE_INFINITY;
        double highest = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (Double.isFinite(value)) {
                lowest = Math.min(lowest, value);
                highest = Math.max(highest, value);
            }
        }
        if (lowest > highest) {
            return of(name, 0, 1);
        }
        if (lowest > 0 && highest / lowest > WIDE) {
            return new Axis(name, lowest / 1.1, highest * 1.1, true);
        }
        final double step = step(lowest, highest);
        return of(name, Math.floor(lowest / step) * step, Math.ceil(highest / step) * step);
    }

    /**
     * {@return an axis of factors that spans some values, with a little room}
     *
     * @param name what it shows, with its unit
     * @param values all above 0
     */
    public static Axis ofFactors(String name, double... values) {
        final double lowest = Arrays.stream(values).min().orElse(1);
        final double highest = Arrays.stream(values).max().orElse(1);
        final double room = Math.max(1.1, Math.pow(highest / lowest, 0.05));
        return new Axis(name, lowest / room, highest * room, true);
    }

    /**
     * {@return an axis of things beside each other, the first at 0, the next at 1 ...}
     *
     * @param name what it shows
     * @param names of each
     */
    public static Axis named(String name, List<String> names) {
        return new Axis(name, -0.5, Math.max(1, names.size()) - 0.5, false, false, names);
    }

    /**
     * {@return an axis of whole numbers, with a little room}
     *
     * @param name what it shows
     * @param from the lowest
     * @param to the highest
     */
    public static Axis whole(String name, long from, long to) {
        return new Axis(name, from - 0.5, to + 0.5, false, true, List.of());
    }

    /**
     * {@return the same from 0 on, which bars and counts need}
     *
     * @param name what it shows, with its unit
     * @param values none below 0
     */
    public static Axis fromZero(String name, double... values) {
        final double highest =
                Arrays.stream(values).filter(Double::isFinite).max().orElse(0);
        final double step = step(0, highest);
        return of(name, 0, highest > 0 ? Math.ceil(highest / step - 1e-9) * step : 1);
    }

    /**
     * {@return where a value lies: 0 at the lowest, 1 at the highest}
     *
     * @param value any
     */
    double place(double value) {
        return isLogarithmic
                ? (Math.log(value) - Math.log(from)) / (Math.log(to) - Math.log(from))
                : (value - from) / (to - from);
    }

    /** Whether it has a place for a value. */
    boolean shows(double value) {
        return Double.isFinite(value) && (!isLogarithmic || value > 0);
    }

    /** Round values within it, in order. */
    List<Double> ticks() {
        if (!names.isEmpty()) {
            return IntStream.range(0, names.size()).mapToObj(i -> (double) i).toList();
        }
        return isLogarithmic ? factors() : steps();
    }

    private List<Double> steps() {
        final double step = isWhole ? Math.max(1, step(from, to)) : step(from, to);
        final List<Double> ticks = new ArrayList<>();
        for (long i = (long) Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    private List<Double> factors() {
        final int lowest = (int) Math.floor(Math.log10(from));
        final int highest = (int) Math.ceil(Math.log10(to));
        final int every = Math.max(1, (int) Math.ceil((highest - lowest) / MOST_TICKS));
        final List<Double> ticks = new ArrayList<>();
        for (int power = lowest; power <= highest; power++) {
            final double tick = Math.pow(10, power);
            if (Math.floorMod(power, every) == 0 && tick >= from && tick <= to) {
                ticks.add(tick);
            }
        }
        return ticks.size() < 2 ? List.of(from, to) : ticks;
    }

    /** 1, 2 or 5 times a power of ten, so that there are few ticks. */
    private static double step(double from, double to) {
        final double span = to > from ? to - from : Math.max(1e-9, Math.abs(from) / 5);
        final double power = Math.pow(10, Math.floor(Math.log10(span / MOST_TICKS)));
        for (double factor : new double[] {1, 2, 5}) {
            if (span / (factor * power) <= MOST_TICKS) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** A tick in as many digits as tell it from its neighbours. */
    String told(double tick) {
        if (!names.isEmpty()) {
            final String whole = names.get((int) tick);
            final int room = Math.max(3, ROOM / names.size());
            return whole.length() <= room ? whole : whole.substring(0, room - 1) + "\u2026";
        }
        final double size = Math.max(Math.abs(from), Math.abs(to));
        if (isLogarithmic || !isWhole && (size >= 1e6 || size < 1e-2)) {
            final boolean isSmall = Math.abs(tick) < 1e-2;
            return tick == 0
                    ? "0"
                    : String.format(Locale.ROOT, isSmall ? "%.1e" : "%.2g", tick)
                            .replaceAll("(\\.\\d*?)0+(e|$)", "$1$2")
                            .replaceAll("\\.(e|$)", "$1")
                            .replace("e+0", "e")
                            .replace("e+", "e")
                            .replace("e-0", "e-");
        }
        final int digits = isWhole ? 0 : (int) Math.max(0, Math.ceil(-Math.log10(step(from, to)) - 1e-9));
        return String.format(Locale.ROOT, "%,." + digits + "f", tick);
    }
}
