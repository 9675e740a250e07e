package dev.finetune;

import java.util.List;

/**
 * Low-rank adaptation (Hu et al., "LoRA", 2021), named and computed as PEFT does: beside a frozen weight W a linear layer
 * or a convolution gets W x + scale B A dropout(x), where A (rank, in) starts at random, B (out, rank) at zero, and scale
 * is alpha / rank.
 *
 * @param rank r, the width of A and B
 * @param alpha the numerator of the scale
 * @param dropout before A, in training
 * @param rankStabilised whether the scale is alpha / sqrt(rank) instead (Kalajdzievski, 2023)
 * @param dora whether each output's weights get a learned magnitude (DoRA: Liu et al., 2024)
 * @param biases which biases are trained, too
 * @param targets the last parts of the adapted layers' names, such as "query"; empty for queries and values, as in PEFT
 * @param pattern a regular expression that the adapted layers' whole names match, instead of targets; empty for none
 * @param alsoTrained parts of names of what is trained whole and saved with the adapter; the head's last layer by default
 */
public record Lora(
        int rank,
        double alpha,
        double dropout,
        boolean rankStabilised,
        boolean dora,
        Biases biases,
        List<String> targets,
        String pattern,
        List<String> alsoTrained)
        implements PeftMethod {
    /** What the heads' last layers are called. */
    static final List<String> LAST_LAYERS = List.of("classifier", "score", "qa_outputs", "fc", "linear");

    private static final List<String> QUERIES_AND_VALUES = List.of("query", "value", "q_lin", "v_lin");

    /** Which biases of the base are trained. */
    public enum Biases {
        /** None of them. */
        NONE,
        /** All. */
        ALL,
        /** Those of the adapted layers. */
        LORA_ONLY
    }

    /** Checks the ranges and keeps its own copies. */
    public Lora {
        if (rank < 1) {
            throw new FinetuneException("The rank of LoRA must be at least 1, but is " + rank + ".");
        }
        if (!(alpha > 0) || !(dropout >= 0 && dropout < 1)) {
            throw new FinetuneException("LoRA needs an alpha above 0 and a dropout from 0 to below 1, not " + alpha
                    + " and " + dropout + ".");
        }
        targets = targets.isEmpty() && pattern.isEmpty() ? QUERIES_AND_VALUES : List.copyOf(targets);
        alsoTrained = List.copyOf(alsoTrained);
    }

    /** Queries and values at this rank, with alpha twice the rank and without dropout. */
    public static Lora rank(int rank) {
        return new Lora(rank, 2.0 * rank, 0, false, false, Biases.NONE, List.of(), "", LAST_LAYERS);
    }

    /** The same with another numerator of the scale. */
    public Lora alpha(double other) {
        return new Lora(rank, other, dropout, rankStabilised, dora, biases, targets, pattern, alsoTrained);
    }

    /** The same with dropout before A. */
    public Lora dropout(double other) {
        return new Lora(rank, alpha, other, rankStabilised, dora, biases, targets, pattern, alsoTrained);
    }

    /** The same with the scale alpha / sqrt(rank). */
    public Lora rankStabilised(boolean stabilised) {
        return new Lora(rank, alpha, dropout, stabilised, dora, biases, targets, pattern, alsoTrained);
    }

    /** The same with a learned magnitude for each output (DoRA). */
    public Lora withDora() {
        return new Lora(rank, alpha, dropout, rankStabilised, true, biases, targets, pattern, alsoTrained);
    }

    /** The same with biases of the base trained, too; saved with the adapter. */
    public Lora biases(Biases which) {
        return new Lora(rank, alpha, dropout, rankStabilised, dora, which, targets, pattern, alsoTrained);
    }

    /** The same for other layers: those whose name is, or ends with a dot and, one of these. */
    public Lora targets(String... names) {
        return new Lora(rank, alpha, dropout, rankStabilised, dora, biases, List.of(names), "", alsoTrained);
    }

    /** The same for the layers whose whole dotted name matches a regular expression. */
    public Lora targetsMatching(String regex) {
        return new Lora(rank, alpha, dropout, rankStabilised, dora, biases, List.of(), regex, alsoTrained);
    }

    /** The same with other layers trained whole beside it. */
    public Lora alsoTrained(String... names) {
        return new Lora(rank, alpha, dropout, rankStabilised, dora, biases, targets, pattern, List.of(names));
    }

    /** What B A x is multiplied with. */
    public double scale() {
        return alpha / (rankStabilised ? Math.sqrt(rank) : rank);
    }

    @Override
    public boolean adapts(String layer) {
        return pattern.isEmpty() ? PeftMethod.named(targets, layer) : layer.matches(pattern);
    }

    @Override
    public boolean trains(String parameter) {
        return PeftMethod.part(alsoTrained, parameter) || trainsBias(parameter);
    }

    private boolean trainsBias(String parameter) {
        return parameter.endsWith(".bias")
                && (biases == Biases.ALL || biases == Biases.LORA_ONLY && adapts(layer(parameter)));
    }

    @Override
    public String savedName(String parameter) {
        return parameter.endsWith(".bias") && adapts(layer(parameter))
                ? layer(parameter) + ".base_layer.bias"
                : parameter;
    }

    private static String layer(String parameter) {
        return parameter.substring(0, parameter.lastIndexOf('.'));
    }
}
