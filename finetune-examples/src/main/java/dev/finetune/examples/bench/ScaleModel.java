package dev.finetune.examples.bench;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;

/**
 * The time of a step of several processes on one machine: what each computes on its rows, and the exchange of its gradients afterwards.
 *
 * <pre>{@code
 * step(n, rows, bytes) = beside(n) (fixed + rows perRow) + latency(n) + bytes / bandwidth(n)
 * }</pre>
 *
 * @param fixed seconds of a step that don't depend on its rows: the optimizer, the norm of the gradients
 * @param perRow seconds for a row, forward and backward
 */
record ScaleModel(double fixed, double perRow) {
    /** From the steps of one process alone, of so many rows and of half as many. */
    static ScaleModel of(int rows, double whole, double half) {
        final double perRow = (whole - half) / (rows - rows / 2);
        return new ScaleModel(whole - rows * perRow, perRow);
    }

    double compute(int rows) {
        return fixed + rows * perRow;
    }

    /**
     * What an exchange takes, as a line through what was measured.
     *
     * @param latency seconds that the smallest takes
     * @param bandwidth bytes of gradients a second
     */
    record Exchange(double latency, double bandwidth) {
        /** Through the smallest and the largest, in megabytes and seconds. */
        static Exchange of(NavigableMap<Double, Double> seconds) {
            final Map.Entry<Double, Double> small = Objects.requireNonNull(seconds.firstEntry());
            final Map.Entry<Double, Double> large = Objects.requireNonNull(seconds.lastEntry());
            return new Exchange(
                    small.getValue(), (large.getKey() - small.getKey()) * 1e6 / (large.getValue() - small.getValue()));
        }

        /**
         * Of processes in a ring, each on a machine of its own: every number goes round once to be summed, and once more to be told.
         *
         * @param bytesASecond of the network of a machine, each way
         * @param message seconds that a message takes without regard to its length
         */
        static Exchange ring(int processes, double bytesASecond, double message) {
            return new Exchange(2 * (processes - 1) * message, bytesASecond * processes / (2.0 * (processes - 1)));
        }

        double seconds(double bytes) {
            return latency + bytes / bandwidth;
        }
    }
}
