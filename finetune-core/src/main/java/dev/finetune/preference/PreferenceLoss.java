package dev.finetune.preference;

import org.bytedeco.pytorch.Tensor;

/**
 * What is made small when a model learns which of two answers is preferred: {@link Dpo}, which compares with the model as it was
 * before, or {@link Orpo}, which doesn't.
 */
public sealed interface PreferenceLoss permits Dpo, Orpo {
    /** {@return whether it compares with what the model said of the answers before its first step} */
    boolean readsReference();

    /**
     * {@return losses and rewards of pairs, in the current scope}
     *
     * @param sums log-probabilities of both answers, added up over their tokens, (pairs, 2), the preferred one first (borrowed)
     * @param tokens how many tokens these are, (pairs, 2) (borrowed)
     * @param reference the sums of the model before its first step, (pairs, 2), without a gradient (borrowed); of no meaning where
     *     it {@linkplain #readsReference() isn't read}
     */
    Scores of(Tensor sums, Tensor tokens, Tensor reference);

    /**
     * What pairs come to.
     *
     * @param losses (pairs)
     * @param rewards (pairs, 2), the preferred answer first: how much the model is for each, without a gradient
     */
    record Scores(Tensor losses, Tensor rewards) {}
}
