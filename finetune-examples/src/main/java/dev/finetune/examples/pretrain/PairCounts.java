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

/** How often which tokens are neighbours in words, kept up to date as pairs are joined. */
final class PairCounts {
    private final List<Word> words;
    private final Map<Pair, Long> counts = new HashMap<>();
    private final Map<Pair, Set<Integer>> places = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>(Comparator.comparingLong(Candidate::count)
            .reversed()
            .thenComparingInt(candidate -> candidate.pair.left)
            .thenComparingInt(candidate -> candidate.pair.right));

    /** Neighbours, by their ids. */
    record Pair(int left, int right) {}

    /**
     * A word.
     *
     * @param tokens their ids; changed as pairs are joined
     * @param count how often the word occurs
     */
    record Word(List<Integer> tokens, int count) {}

    private record Candidate(Pair pair, long count) {}

    PairCounts(List<Word> words) {
        this.words = words;
        for (int i = 0; i < words.size(); i++) {
            count(i, 1);
        }
        counts.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
    }

    /** The pair that occurs most often; of several, that with the smallest left and then right id. */
    Optional<Pair> best() {
        while (!queue.isEmpty()) {
            final Candidate candidate = queue.remove();
            if (counts.getOrDefault(candidate.pair, 0L) == candidate.count) {
                return Optional.of(candidate.pair);
            }
        }
        return Optional.empty();
    }

    /** Puts a token in place of a pair, from left to right in each word. */
    void join(Pair pair, int token) {
        final Set<Pair> touched = new HashSet<>();
        for (int index : List.copyOf(Objects.requireNonNull(places.get(pair)))) {
            touched.addAll(count(index, -1));
            final List<Integer> tokens = words.get(index).tokens;
            for (int i = 0; i + 1 < tokens.size(); i++) {
                if (tokens.get(i) == pair.left && tokens.get(i + 1) == pair.right) {
                    tokens.set(i, token);
                    tokens.remove(i + 1);
                }
            }
            touched.addAll(count(index, 1));
        }
        for (Pair changed : touched) {
            final long count = counts.getOrDefault(changed, 0L);
            if (count > 0) {
                queue.add(new Candidate(changed, count));
            }
        }
    }

    private List<Pair> count(int index, int sign) {
        final Word word = words.get(index);
        final List<Pair> touched = new ArrayList<>();
        for (int i = 0; i + 1 < word.tokens.size(); i++) {
            final Pair pair = new Pair(word.tokens.get(i), word.tokens.get(i + 1));
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
