package dev.finetune.task;

/** Probabilities from logits on the Java side, in double precision. */
public final class Softmax {
    private Softmax() {}

    /** e^x / sum e^x over {@code count} logits from an offset. */
    public static double[] of(float[] logits, int from, int count) {
        return of(logits, from, count, 1);
    }

    /** The same of logits / temperature. */
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

    /** The index, counted from the offset, of the first of the largest logits. */
    public static int best(float[] logits, int from, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = logits[from + i] > logits[from + best] ? i : best;
        }
        return best;
    }
}
