package dev.finetune.metrics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Runs of so many words, each as often as it occurs. */
final class NGrams {
    private NGrams() {}

    static Map<List<String>, Integer> of(List<String> words, int length) {
        final Map<List<String>, Integer> counts = new HashMap<>();
        for (int start = 0; start + length <= words.size(); start++) {
            counts.merge(words.subList(start, start + length), 1, Integer::sum);
        }
        return counts;
    }

    /** How many of the first are in the second, each as often as it is there at most. */
    static int common(Map<List<String>, Integer> first, Map<List<String>, Integer> second) {
        return first.entrySet().stream()
                .mapToInt(each -> Math.min(each.getValue(), second.getOrDefault(each.getKey(), 0)))
                .sum();
    }

    /** How many runs of a length so many words have. */
    static int count(int words, int length) {
        return Math.max(0, words - length + 1);
    }
}
