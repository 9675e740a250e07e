package dev.finetune.bert.text;

import dev.finetune.error.FinetuneException;

/**
 * How tokens are hidden for masked-language modelling.
 *
 * @param probability the share of tokens (or words) to guess, above 0 and at most 1
 * @param masked the share of those that become the mask token
 * @param random the share of those that become any token of the vocabulary; the rest stays as it is
 * @param wholeWords whether a word's tokens are chosen together
 */
public record Masking(double probability, double masked, double random, boolean wholeWords) {
    /** Checks the shares. */
    public Masking {
        if (!(probability > 0 && probability <= 1)) {
            throw new FinetuneException(
                    "The masking probability is " + probability + "; it must be above 0 and at most 1.");
        }
        if (!(masked >= 0 && random >= 0 && masked + random <= 1 + 1e-9)) {
            throw new FinetuneException("Of the chosen tokens, " + masked + " become the mask and " + random
                    + " become random; the shares must not be negative nor make more than 1.");
        }
    }

    /**
     * BERT's: 15 % of the tokens, of which 80 % are masked, 10 % random and 10 % as they were (Devlin et al. 2018).
     *
     * @return the masking that BERT was trained with
     */
    public static Masking standard() {
        return new Masking(0.15, 0.8, 0.1, false);
    }

    /**
     * {@return the same with another share of tokens}
     *
     * @param value above 0 and at most 1
     */
    public Masking withProbability(double value) {
        return new Masking(value, masked, random, wholeWords);
    }

    /**
     * {@return the same, with or without keeping words together}
     *
     * @param value whether all tokens of a word are masked together
     */
    public Masking withWholeWords(boolean value) {
        return new Masking(probability, masked, random, value);
    }
}
