package dev.finetune.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/** Scores a language model over its predicted tokens: exact sums, constant memory. Not thread-safe. */
public final class PerplexityMetrics {
    private double loss;
    private long tokens;
    private long right;

    /**
     * Counts some tokens.
     *
     * @param lossSum the sum of their losses, -log of the true token's probability
     * @param tokens how many
     * @param right how many were predicted right
     */
    public void add(double lossSum, long tokens, long right) {
        this.loss += lossSum;
        this.tokens += tokens;
        this.right += right;
    }

    /**
     * Puts in place of what it has counted what all processes have, each over its part of the same data.
     *
     * @param totals over the processes, all of which call this
     */
    public void total(Totals totals) {
        loss = totals.of(loss);
        tokens = totals.of(tokens);
        right = totals.of(right);
    }

    /**
     * "loss", the mean over tokens; "perplexity", e to the loss; "accuracy".
     *
     * @return what was counted so far
     */
    public Metrics result() {
        final Map<String, Double> values = new LinkedHashMap<>();
        values.put("loss", loss / tokens);
        values.put("perplexity", Math.exp(loss / tokens));
        values.put("accuracy", (double) right / tokens);
        return new Metrics(values);
    }
}
