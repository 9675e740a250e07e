package dev.finetune.task;

/** Probabilities from logits on the Java side, in double precision. */
public final class Softmax {
    private Softmax() {}

    /**
     * e^x / sum e^x over {@code count} logits from an offset.
     *
     * @param logits any finite numbers
     * @param from the offset of the first
     * @param count how many, at least 1
     * @return the {@code count} probabilities: e^x / sum e^x over the logits from the offset on
     */
    public static double[] of(float[] logits, int from, int count) {
        return of(logits, from, count, 1);
    }

    /**
     * {@return the same of logits / temperature}
     *
     * @param logits any finite numbers
     * @param from the offset of the first
     * @param count how many, at least 1
     * @param temperature above 0
     */
    public static double[] of(float[] logits, int from, int count, double temperature) {
        final double max = logits[from + best(logits, from, count)];
        final double[] probabilities = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            probabilities[i] = Math.exp((logits[from + i] - max) / temperature);
            sum += probabilities[i];
        }
        for (int i = 0; i < count; i++) {
            probabilities[i] /= sum;
        }
        return probabilities;
    }

    /**
     * {@return the index, counted from the offset, of the first of the largest logits}
     *
     * @param logits any finite numbers
     * @param from the offset of the first
     * @param count how many, at least 1
     */
    public static int best(float[] logits, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = logits[from + i] > logits[from + best] ? i : best;
        }
        return best;
    }
}
