package dev.finetune.bert.augment;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Swaps two different words at random, max(1, share * words) times (random swap in Wei and Zou, "EDA: Easy data
 * augmentation techniques", 2019).
 *
 * @param share how often, as a share of the words
 */
public record RandomSwaps(double share) implements TextAugmentation {
    /** Checks the share. */
    public RandomSwaps {
        Shares.check("randomSwaps", share);
    }

    @Override
    public List<int[]> apply(List<int[]> words, SplittableRandom random) {
        if (words.size() < 2) {
            return words;
        }
        final List<int[]> changed = new ArrayList<>(words);
        for (int swaps = Math.max(1, (int) (share * words.size())); swaps > 0; swaps--) {
            final int first = random.nextInt(changed.size());
            final int other = random.nextInt(changed.size() - 1);
            Collections.swap(changed, first, other < first ? other : other + 1);
        }
        return changed;
    }

    @Override
    public String toString() {
        return "randomSwaps(" + share + ")";
    }
}
