package dev.finetune.bert.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Words go or change places, and nothing else happens to them. */
class TextAugmentationTest {
    private static List<int[]> words(int count) {
        return IntStream.range(0, count).mapToObj(i -> new int[] {i, -i}).toList();
    }

    private static List<Integer> firsts(List<int[]> words) {
        return words.stream().map(word -> word[0]).toList();
    }

    @Test
    void aShareOfWordsIsLeftOutInOrderAndOneAlwaysStays() {
        final SplittableRandom random = new SplittableRandom(1);
        double left = 0;
        for (int round = 0; round < 2000; round++) {
            final List<int[]> changed = TextAugmentation.wordDropout(0.3).apply(words(20), random);
            left += changed.size() / 20.0 / 2000;
            assertThat(firsts(changed)).isSorted().doesNotHaveDuplicates();
            assertThat(changed).allMatch(word -> word[1] == -word[0]);
            assertThat(TextAugmentation.wordDropout(0.99).apply(words(3), random))
                    .isNotEmpty();
        }
        assertThat(left).isBetween(0.69, 0.71);
        assertThat(TextAugmentation.wordDropout(0.99).apply(words(0), random)).isEmpty();
    }

    @Test
    void swapsKeepEveryWordAndMoveAsManyAsTheyShould() {
        final SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < 500; round++) {
            final int count = 2 + random.nextInt(30);
            final List<Integer> changed =
                    firsts(TextAugmentation.randomSwaps(0.2).apply(words(count), random));
            assertThat(changed).containsExactlyInAnyOrderElementsOf(firsts(words(count)));
            final long moved =
                    IntStream.range(0, count).filter(i -> changed.get(i) != i).count();
            assertThat(moved).isLessThanOrEqualTo(2L * Math.max(1, (int) (0.2 * count)));
            if (count < 10) {
                assertThat(moved).isEqualTo(2);
            }
        }
        assertThat(firsts(TextAugmentation.randomSwaps(0.5).apply(words(1), random)))
                .containsExactly(0);
    }

    @Test
    void equalSeedsGiveEqualChangesAndSharesAreChecked() {
        for (TextAugmentation change : List.of(TextAugmentation.wordDropout(0.4), TextAugmentation.randomSwaps(0.4))) {
            final List<List<Integer>> twice = IntStream.range(0, 2)
                    .mapToObj(i -> firsts(change.apply(words(30), new SplittableRandom(5))))
                    .toList();
            assertThat(twice.get(0)).isEqualTo(twice.get(1)).isNotEqualTo(firsts(words(30)));
            assertThat(Arrays.asList("wordDropout(0.4)", "randomSwaps(0.4)")).contains(change.toString());
        }
        assertThatThrownBy(() -> TextAugmentation.wordDropout(1))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("wordDropout(1.0)", "between 0 and 1");
        assertThatThrownBy(() -> TextAugmentation.randomSwaps(0)).hasMessageContaining("randomSwaps(0.0)");
    }
}
