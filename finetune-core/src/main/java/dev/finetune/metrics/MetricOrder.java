package dev.finetune.metrics;

import java.util.Comparator;
import java.util.Objects;

/**
 * Which of two values of a metric is better. Orders the best first, and NaN, which says nothing, last.
 *
 * @param metric its name
 * @param higherIsBetter whether larger values are better; smaller are for losses and errors
 */
public record MetricOrder(String metric, boolean higherIsBetter) implements Comparator<Double> {
    /** Checks that there is a name. */
    public MetricOrder {
        Objects.requireNonNull(metric, "metric");
    }

    @Override
    public int compare(Double first, Double second) {
        return Double.compare(place(first), place(second));
    }

    private double place(double value) {
        return Double.isNaN(value) ? Double.POSITIVE_INFINITY : higherIsBetter ? -value : value;
    }

    /**
     * {@return whether a value is better than another by more than so much}
     *
     * @param value a finite number
     * @param than a finite number
     * @param by at least 0
     */
    public boolean isBetter(double value, double than, double by) {
        return higherIsBetter ? value > than + by : value < than - by;
    }
}
