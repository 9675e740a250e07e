package dev.finetune;

import java.util.List;

/**
 * Low-rank adaptation (Hu et al., "LoRA", 2021), named and computed as PEFT does: beside a frozen weight W a layer gets
 * W x + scale B A dropout(x), where A (rank, in) starts at random, B (out, rank) at zero, and scale is alpha / rank.
 *
 * @param rank r, the width of A and B
 * @param alpha the numerator of the scale
 * @param dropout before A, in training
 * @param rankStabilised whether the scale is alpha / sqrt(rank) instead (Kalajdzievski, 2023)
 * @param targets the last parts of the adapted layers' names, such as "query"; empty for queries and values, as in PEFT
 * @param alsoTrained parts of names of what is trained whole and saved with the adapter; the head's last layer by default
 */
public record Lora(
        int rank,
        double alpha,
        double dropout,
        boolean rankStabilised,
        List<String> targets,
        List<String> alsoTrained) {
    private static final List<String> QUERIES_AND_VALUES = List.of("query", "value", "q_lin", "v_lin");
    private static final List<String> LAST_LAYERS = List.of("classifier", "score", "qa_outputs");

    /** Checks the ranges and keeps its own copies. */
    public Lora {
        if (rank < 1) {
            throw new FinetuneException("The rank of LoRA must be at least 1, but is " + rank + ".");
        }
        if (!(alpha > 0) || !(dropout >= 0 && dropout < 1)) {
            throw new FinetuneException("LoRA needs an alpha above 0 and a dropout from 0 to below 1, not " + alpha
                    + " and " + dropout + ".");
        }
        targets = targets.isEmpty() ? QUERIES_AND_VALUES : List.copyOf(targets);
        alsoTrained = List.copyOf(alsoTrained);
    }

    /** Queries and values at this rank, with alpha twice the rank and without dropout. */
    public static Lora rank(int rank) {
        return new Lora(rank, 2.0 * rank, 0, false, List.of(), LAST_LAYERS);
    }

    /** The same with another numerator of the scale. */
    public Lora alpha(double other) {
        return new Lora(rank, other, dropout, rankStabilised, targets, alsoTrained);
    }

    /** The same with dropout before A. */
    public Lora dropout(double other) {
        return new Lora(rank, alpha, other, rankStabilised, targets, alsoTrained);
    }

    /** The same with the scale alpha / sqrt(rank). */
    public Lora rankStabilised(boolean stabilised) {
        return new Lora(rank, alpha, dropout, stabilised, targets, alsoTrained);
    }

    /** The same for other layers: those whose name is, or ends with a dot and, one of these. */
    public Lora targets(String... names) {
        return new Lora(rank, alpha, dropout, rankStabilised, List.of(names), alsoTrained);
    }

    /** The same with other layers trained whole beside it. */
    public Lora alsoTrained(String... names) {
        return new Lora(rank, alpha, dropout, rankStabilised, targets, List.of(names));
    }

    /** What B A x is multiplied with. */
    public double scale() {
        return alpha / (rankStabilised ? Math.sqrt(rank) : rank);
    }

    /** Whether a layer of that dotted name is adapted. */
    public boolean adapts(String layer) {
        return targets.stream().anyMatch(target -> layer.equals(target) || layer.endsWith("." + target));
    }

    /** Whether a parameter of that dotted name is trained whole. */
    public boolean trains(String parameter) {
        return alsoTrained.stream().anyMatch(List.of(parameter.split("\\."))::contains);
    }
}
