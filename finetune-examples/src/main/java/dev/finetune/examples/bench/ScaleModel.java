package dev.finetune.examples.bench;

import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;

/**
 * The time of a step of several processes: what each computes on its rows, and the exchange of its gradients, on one machine afterwards,
 * between machines while the backward pass goes on.
 *
 * @param fixed seconds of a step that don't depend on its rows: the optimizer, the norm of the gradients
 * @param perRow seconds for a row, forward and backward
 */
record ScaleModel(double fixed, double perRow) {
    /** How much of the time for a row is the backward pass. */
    private static final double BACKWARD = 2.0 / 3;

    /** The gradients that come last, of the first layer and the embeddings, have nothing to travel beside. */
    private static final double LAST = 0.1;

    /** From the steps of one process alone, of so many rows and of half as many. */
    static ScaleModel of(int rows, double whole, double half) {
        final double perRow = (whole - half) / (rows - rows / 2);
        return new ScaleModel(whole - rows * perRow, perRow);
    }

    double compute(int rows) {
        return fixed + rows * perRow;
    }

    /** The same where everything takes so much longer, as beside others on one machine. */
    ScaleModel slower(double beside) {
        return new ScaleModel(beside * fixed, beside * perRow);
    }

    /**
     * A step of processes that sum their gradients while the backward pass goes on.
     *
     * @param exchange seconds of it
     * @param work seconds that the exchange computes itself, which is in nobody's shadow
     */
    double during(int rows, double exchange, double work) {
        return compute(rows) + work + Math.max(LAST * exchange, exchange - BACKWARD * rows * perRow);
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
         * @param messages seconds that the messages to a neighbour take without regard to their length
         */
        static Exchange ring(int processes, double bytesASecond, double messages) {
            return new Exchange(2 * (processes - 1) * messages, bytesASecond / travels(processes));
        }

        /** How many of a process's bytes leave its machine, for each byte of its gradients. */
        static double travels(int processes) {
            return 2.0 * (processes - 1) / processes;
        }

        double seconds(double bytes) {
            return latency + bytes / bandwidth;
        }
    }
}
