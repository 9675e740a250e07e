package dev.finetune.preference;

import dev.finetune.data.Example;
import dev.finetune.data.TokenCount;
import java.util.List;

/**
 * What the encoder of a model implements that learns which of two answers is preferred. Batches of its rows with the column {@link
 * PreferenceRows#SIDES} have its head give "log_probabilities" and "tokens" (rows): the log-probabilities of a row's targets, added
 * up, and how many targets these are.
 *
 * @param <I> the kind of input
 */
public interface PreferenceEncoder<I> {
    /**
     * {@return the pairs of examples, in order; those left out of which nothing can be learned, since an answer is cut off altogether
     * or both are the same}
     *
     * @param examples with two answers each
     * @throws dev.finetune.error.FinetuneException if their labels aren't such
     */
    List<PreferencePair> encodePairs(List<Example<I>> examples);

    /**
     * {@return how many tokens the rows of a pair have, the preferred answer's first; both are lost where {@link #encodePairs} leaves the
     * pair out}
     *
     * @param example with two answers
     * @throws dev.finetune.error.FinetuneException if its label isn't such
     */
    List<TokenCount> countPair(Example<I> example);
}
