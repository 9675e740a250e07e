package dev.finetune.internal.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearPairsTest {
    private static Map<List<Integer>, Double> pairs(List<int[][]> rows) {
        final Map<List<Integer>, Double> found = new HashMap<>();
        NearPairs.find(
                rows,
                (earlier, later, similarity) -> assertThat(found.put(List.of(earlier, later), similarity))
                        .as("%d and %d are told once", earlier, later)
                        .isNull());
        return found;
    }

    private static int[][] row(String... texts) {
        final int[][] sets = new int[texts.length][];
        for (int i = 0; i < texts.length; i++) {
            sets[i] = Shingles.of(texts[i]);
        }
        return sets;
    }

    /** Random texts, and of each a copy with some words replaced. */
    private static List<int[][]> texts(int count) {
        final SplittableRandom random = new SplittableRandom(5);
        final List<int[][]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final List<String> words = new ArrayList<>();
            for (int word = 0; word < 30; word++) {
                words.add(Integer.toString(random.nextInt(40_000), 36));
            }
            rows.add(row(String.join(" ", words)));
            for (int changed = random.nextInt(4); changed > 0; changed--) {
                words.set(random.nextInt(30), Integer.toString(random.nextInt(40_000), 36));
            }
            rows.add(row(String.join(" ", words)));
        }
        return rows;
    }

    @Test
    void theyAreThoseThatComparingEachWithEachFinds() {
        final List<int[][]> rows = texts(300);
        final Map<List<Integer>, Double> expected = new HashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            for (int j = 0; j < i; j++) {
                final double similarity = Shingles.jaccard(rows.get(j)[0], rows.get(i)[0]);
                if (similarity >= NearPairs.THRESHOLD) {
                    expected.put(List.of(j, i), similarity);
                }
            }
        }

        assertThat(expected).hasSizeGreaterThan(150);
        assertThat(pairs(rows)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0.75, 0.999", "0.8, 0.9999", "0.25, 0.024", "0.1, 0.00025"})
    void detectionIsAsLikelyAsSaid(double similarity, double probability) {
        assertThat(NearPairs.detection(similarity))
                .isCloseTo(probability, within(0.01 * probability + 1e-4 * similarity));
    }

    @Test
    void thousandsThatAreAlikeAreEachToldWithAnotherOneAndNotWithAll() {
        final List<int[][]> rows = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            rows.add(row(
                    "Your parcel " + i + " has been handed to the carrier and will arrive within the next two days."));
        }

        final Map<List<Integer>, Double> found = pairs(rows);

        final Set<Integer> told = new HashSet<>();
        found.keySet().forEach(pair -> told.add(pair.get(1)));
        assertThat(told).hasSize(2999);
        assertThat(found.size()).isLessThan(3000 * 16 * NearPairs.BANDS);
    }

    @Test
    void capitalsPunctuationAndSpaceDontCount() {
        assertThat(Shingles.of("  GREAT sound,\nbad \uFF42ass!!")).isEqualTo(Shingles.of("great sound bad bass"));
        assertThat(Shingles.of("ok")).hasSize(1).isEqualTo(Shingles.of("OK!"));
        assertThat(Shingles.of("\uD83D\uDE00")).hasSize(1).isNotEqualTo(Shingles.of("\uD83D\uDE01"));
        assertThat(Shingles.of("!?")).hasSize(1);
        assertThat(Shingles.of(" \n ")).isEmpty();
        assertThat(Shingles.of("\uD800")).hasSize(1);
    }

    @Test
    void bothTextsOfAPairMustBeAlike() {
        final String premise = "A man in a blue shirt is standing on a ladder cleaning a window of an old house.";

        assertThat(pairs(List.of(row(premise, "A man cleans."), row(premise, "Nobody is there at all."))))
                .isEmpty();
        assertThat(pairs(List.of(row(premise, "A man cleans."), row(premise, "a man cleans"))))
                .containsExactly(Map.entry(List.of(0, 1), 1.0));
        assertThat(pairs(List.of(row(premise, "A man cleans."), row("A man cleans.", premise))))
                .isEmpty();
        assertThat(pairs(List.of(row(premise, ""), row(premise, " ")))).hasSize(1);
    }

    @Test
    void rowsWithoutTextAreLikeNone() {
        assertThat(pairs(List.of(row(""), row(""), row(" "), new int[0][]))).isEmpty();
        assertThat(pairs(List.of())).isEmpty();
    }
}
