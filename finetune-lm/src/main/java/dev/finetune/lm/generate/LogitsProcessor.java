package dev.finetune.lm.generate;

/** Changes the scores of the token that comes next. */
interface LogitsProcessor {
    /**
     * Changes them in place.
     *
     * @param text that the token would go on with
     * @param scores of all tokens: logits, or their log-probabilities in a beam search
     */
    void process(Draft text, float[] scores);
}
