package dev.finetune.examples.pretrain;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a WordPiece vocabulary from text: words are cut into characters, and the pair of neighbouring pieces that occurs
 * most often is joined, again and again, until there are enough pieces (byte-pair encoding, Sennrich et al., 2016; pieces
 * inside a word are written with ## in front, as BERT's tokenizer reads them).
 */
final class WordPieceLearner {
    private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
    private static final Pattern PIECE =
            Pattern.compile("[\\p{L}\\p{N}\\p{M}]+|\\p{Punct}|[^\\s\\p{L}\\p{N}\\p{M}\\p{Punct}]");
    private static final Pattern ACCENTS = Pattern.compile("\\p{Mn}+");
    private static final int MAX_WORD = 30;

    private final Map<String, Integer> words = new HashMap<>();

    /** Counts a text's words, lower-cased and without accents, as an uncased BERT tokenizer sees them. */
    void add(String text) {
        final String plain = ACCENTS.matcher(Normalizer.normalize(text.toLowerCase(Locale.ROOT), Normalizer.Form.NFD))
                .replaceAll("");
        final Matcher matcher = PIECE.matcher(plain);
        while (matcher.find()) {
            if (matcher.end() - matcher.start() <= MAX_WORD) {
                words.merge(matcher.group(), 1, Integer::sum);
            }
        }
    }

    /**
     * The vocabulary: special tokens, characters, then pieces in the order in which they were joined.
     *
     * @param size how many entries
     * @param minimumCount words and pairs that occur less often are left out
     */
    List<String> learn(int size, int minimumCount) {
        final List<Word> corpus = new ArrayList<>();
        final Set<String> characters = new TreeSet<>();
        words.forEach((word, count) -> {
            if (count >= minimumCount) {
                final List<String> pieces = new ArrayList<>();
                word.codePoints().forEach(c -> pieces.add((pieces.isEmpty() ? "" : "##") + Character.toString(c)));
                characters.addAll(pieces);
                corpus.add(new Word(pieces, count));
            }
        });
        corpus.sort(Comparator.comparing(word -> String.join("", word.pieces)));
        final List<String> vocabulary = new ArrayList<>(SPECIAL);
        vocabulary.addAll(characters);
        final Set<String> known = new HashSet<>(vocabulary);
        final Pairs pairs = new Pairs(corpus);
        while (vocabulary.size() < size) {
            final Pair best = pairs.best();
            if (best == null || pairs.counts.getOrDefault(best, 0L) < minimumCount) {
                break;
            }
            final String joined = best.left + best.right.substring(2);
            if (known.add(joined)) {
                vocabulary.add(joined);
            }
            pairs.join(best, joined);
        }
        return vocabulary;
    }

    private record Pair(String left, String right) {}

    private record Candidate(Pair pair, long count) {}

    private record Word(List<String> pieces, int count) {}

    /** Counts of neighbouring pieces, kept up to date as pairs are joined. */
    private static final class Pairs {
        private final List<Word> corpus;
        private final Map<Pair, Long> counts = new HashMap<>();
        private final Map<Pair, Set<Integer>> places = new HashMap<>();
        private final PriorityQueue<Candidate> queue = new PriorityQueue<>(Comparator.comparingLong(Candidate::count)
                .reversed()
                .thenComparing(candidate -> candidate.pair.left)
                .thenComparing(candidate -> candidate.pair.right));

        Pairs(List<Word> corpus) {
            this.corpus = corpus;
            for (int i = 0; i < corpus.size(); i++) {
                count(i, 1);
            }
            counts.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
        }

        @org.jspecify.annotations.Nullable
        Pair best() {
            while (!queue.isEmpty()) {
                final Candidate candidate = queue.remove();
                if (counts.getOrDefault(candidate.pair, 0L) == candidate.count) {
                    return candidate.pair;
                }
            }
            return null;
        }

        void join(Pair pair, String joined) {
            final Set<Pair> touched = new HashSet<>();
            for (int index : List.copyOf(places.get(pair))) {
                touched.addAll(count(index, -1));
                final List<String> pieces = corpus.get(index).pieces;
                for (int i = 0; i + 1 < pieces.size(); i++) {
                    if (pieces.get(i).equals(pair.left) && pieces.get(i + 1).equals(pair.right)) {
                        pieces.set(i, joined);
                        pieces.remove(i + 1);
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
            final Word word = corpus.get(index);
            final List<Pair> touched = new ArrayList<>();
            for (int i = 0; i + 1 < word.pieces.size(); i++) {
                final Pair pair = new Pair(word.pieces.get(i), word.pieces.get(i + 1));
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
}
