package dev.finetune.bert.augment;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Leaves out each word with a probability; where all would go, one stays (random deletion in Wei and Zou, "EDA: Easy data
 * augmentation techniques", 2019).
 *
 * @param share the probability
 */
public record WordDropout(double share) implements TextAugmentation {
    /** Checks the probability. */
    public WordDropout {
        Shares.check("wordDropout", share);
    }

    @Override
    public List<int[]> apply(List<int[]> words, SplittableRandom random) {
        if (words.size() < 2) {
            return words;
        }
        final List<int[]> kept = new ArrayList<>();
        for (int[] word : words) {
            if (random.nextDouble() >= share) {
                kept.add(word);
            }
        }
        return kept.isEmpty() ? List.of(words.get(random.nextInt(words.size()))) : kept;
    }

    @Override
    public String toString() {
        return "wordDropout(" + share + ")";
    }
}
