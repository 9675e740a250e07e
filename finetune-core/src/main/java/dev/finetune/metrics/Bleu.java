package dev.finetune.metrics;

import dev.finetune.error.FinetuneException;
import java.util.Objects;

/**
 * How BLEU is computed; by default as sacrebleu has it (Post, "A Call for Clarity in Reporting BLEU Scores", 2018), so that numbers
 * can be compared.
 *
 * @param tokens how texts are cut into words
 * @param smoothing what takes the place of a precision that is 0
 * @param smoothingValue of {@link Smoothing#FLOOR} and {@link Smoothing#ADD_K}
 * @param lowerCase whether upper and lower case are the same
 * @param effectiveOrder whether lengths of runs that a text is too short for are left out: for single sentences
 */
public record Bleu(
        BleuTokens tokens, Smoothing smoothing, double smoothingValue, boolean lowerCase, boolean effectiveOrder) {
    /** What takes the place of a precision that is 0, which would make the whole 0. */
    public enum Smoothing {
        /** Half of what one run would give, a quarter at the next such length, and so on; NIST's, the default. */
        EXP,

        /** So many runs, 0.1 by default. */
        FLOOR,

        /** So many runs, 1 by default, are added to those found and to all, of every length above 1. */
        ADD_K,

        /** Nothing. */
        NONE
    }

    /** Checks the value. */
    public Bleu {
        Objects.requireNonNull(tokens, "tokens");
        Objects.requireNonNull(smoothing, "smoothing");
        if (!(smoothingValue >= 0) || Double.isInfinite(smoothingValue)) {
            throw new FinetuneException("BLEU is smoothed with a number of 0 or more, not " + smoothingValue + ".");
        }
    }

    /** {@return sacrebleu's defaults: the tokenizer 13a, exponential smoothing, case matters} */
    public static Bleu usual() {
        return new Bleu(BleuTokens.V13A, Smoothing.EXP, 0, false, false);
    }

    /**
     * {@return the same with words cut otherwise}
     *
     * @param other how
     */
    public Bleu tokens(BleuTokens other) {
        return new Bleu(other, smoothing, smoothingValue, lowerCase, effectiveOrder);
    }

    /**
     * {@return the same smoothed otherwise, with sacrebleu's value}
     *
     * @param other how
     */
    public Bleu smoothing(Smoothing other) {
        return smoothing(
                other,
                switch (Objects.requireNonNull(other, "other")) {
                    case FLOOR -> 0.1;
                    case ADD_K -> 1;
                    case EXP, NONE -> 0;
                });
    }

    /**
     * {@return the same smoothed otherwise}
     *
     * @param other how
     * @param value of {@link Smoothing#FLOOR} and {@link Smoothing#ADD_K}
     */
    public Bleu smoothing(Smoothing other, double value) {
        return new Bleu(tokens, other, value, lowerCase, effectiveOrder);
    }

    /** {@return the same, where upper and lower case are the same} */
    public Bleu ignoringCase() {
        return new Bleu(tokens, smoothing, smoothingValue, true, effectiveOrder);
    }

    /** {@return the same, where lengths of runs that the texts are too short for are left out} */
    public Bleu ofSentences() {
        return new Bleu(tokens, smoothing, smoothingValue, lowerCase, true);
    }
}
