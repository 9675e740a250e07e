package dev.finetune.nn;

/** What a layer does with its weight, for those who adapt it. */
public sealed interface LayerKind {
    /** Multiplies: the weight is (out, in). */
    record Linear() implements LayerKind {}

    /** Multiplies, as {@link Linear}, and gives a language model's words. */
    record Output() implements LayerKind {}

    /**
     * Convolves: the weight is (out, in / groups, height, width).
     *
     * @param groups into which the channels are divided
     */
    record Convolution(long groups) implements LayerKind {}

    /** Looks rows up: the weight is (rows, width). */
    record Embedding() implements LayerKind {}
}
