package dev.finetune.examples.pretrain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * How often which tokens are neighbours in words, kept up to date as pairs are joined.
 *
 * @param <T> what a token is: its id, or how it is written
 */
final class PairCounts<T extends Comparable<T>> {
    private final List<Word<T>> words;
    private final Map<Pair<T>, Long> counts = new HashMap<>();
    private final Map<Pair<T>, Set<Integer>> places = new HashMap<>();
    private final PriorityQueue<Candidate<T>> queue =
            new PriorityQueue<>(Comparator.<Candidate<T>>comparingLong(Candidate::count)
                    .reversed()
                    .thenComparing(candidate -> candidate.pair.left)
                    .thenComparing(candidate -> candidate.pair.right));

    /** Neighbours. */
    record Pair<T>(T left, T right) {}

    /**
     * A word.
     *
     * @param tokens its tokens; changed as pairs are joined
     * @param count how often the word occurs
     */
    record Word<T>(List<T> tokens, int count) {}

    /** A pair, and how often it occurs. */
    record Candidate<T>(Pair<T> pair, long count) {}

    PairCounts(List<Word<T>> words) {
        this.words = words;
        for (int i = 0; i < words.size(); i++) {
            count(i, 1);
        }
        counts.forEach((pair, count) -> queue.add(new Candidate<>(pair, count)));
    }

    /** The pair that occurs most often; of several, that with the smallest left and then right token. */
    Optional<Candidate<T>> best() {
        while (!queue.isEmpty()) {
            final Candidate<T> candidate = queue.remove();
            if (counts.getOrDefault(candidate.pair, 0L) == candidate.count) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** Puts a token in place of a pair, from left to right in each word. */
    void join(Pair<T> pair, T token) {
        final Set<Pair<T>> touched = new HashSet<>();
        for (int index : List.copyOf(Objects.requireNonNull(places.get(pair)))) {
            touched.addAll(count(index, -1));
            final List<T> tokens = words.get(index).tokens;
            for (int i = 0; i + 1 < tokens.size(); i++) {
                if (tokens.get(i).equals(pair.left) && tokens.get(i + 1).equals(pair.right)) {
                    tokens.set(i, token);
                    tokens.remove(i + 1);
                }
            }
            touched.addAll(count(index, 1));
        }
        for (Pair<T> changed : touched) {
            final long count = counts.getOrDefault(changed, 0L);
            if (count > 0) {
                queue.add(new Candidate<>(changed, count));
            }
        }
    }

    private List<Pair<T>> count(int index, int sign) {
        final Word<T> word = words.get(index);
        final List<Pair<T>> touched = new ArrayList<>();
        for (int i = 0; i + 1 < word.tokens.size(); i++) {
            final Pair<T> pair = new Pair<>(word.tokens.get(i), word.tokens.get(i + 1));
            touched.add(pair);
            counts.merge(pair, (long) sign * word.count, Long::sum);
            if (sign > 0) {
                places.computeIfAbsent(pair, p -> new HashSet<>()).add(index);
            } else {
                Objects.requireNonNull(places.get(pair)).remove(index);
            }
        }
        return touched;
    }
}
