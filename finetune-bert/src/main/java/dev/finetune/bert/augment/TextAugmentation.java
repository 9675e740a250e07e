package dev.finetune.bert.augment;

import dev.finetune.batch.Augmentation;
import dev.finetune.data.Text;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A random change of a training text, word by word, made anew in every batch; of a pair, each text is changed for itself.
 * A word keeps its tokens.
 *
 * <pre>{@code
 * tuner.augment(TextAugmentation.wordDropout(0.1), TextAugmentation.randomSwaps(0.1))
 * }</pre>
 */
public sealed interface TextAugmentation extends Augmentation permits WordDropout, RandomSwaps {
    /**
     * Leaves out each word with a probability; 0.1 is usual.
     *
     * @param share the probability, above 0 and below 1
     * @return the augmentation, for {@link dev.finetune.FineTuner#augment}
     */
    static TextAugmentation wordDropout(double share) {
        return new WordDropout(share);
    }

    /**
     * Swaps two words, as often as a share of the words; 0.1 is usual.
     *
     * @param share of the words of a text, above 0 and below 1
     * @return the augmentation, for {@link dev.finetune.FineTuner#augment}
     */
    static TextAugmentation randomSwaps(double share) {
        return new RandomSwaps(share);
    }

    /**
     * The changed text.
     *
     * @param words the tokens of each word, in order; left as they are
     * @param random draws the change
     * @return words in order, at least one if there was one
     */
    List<int[]> apply(List<int[]> words, SplittableRandom random);

    @Override
    default Class<?> inputType() {
        return Text.class;
    }
}
