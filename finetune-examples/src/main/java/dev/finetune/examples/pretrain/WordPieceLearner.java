package dev.finetune.examples.pretrain;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
        final List<PairCounts.Word<String>> corpus = new ArrayList<>();
        final Set<String> characters = new TreeSet<>();
        words.forEach((word, count) -> {
            if (count >= minimumCount) {
                final List<String> pieces = new ArrayList<>();
                word.codePoints().forEach(c -> pieces.add((pieces.isEmpty() ? "" : "##") + Character.toString(c)));
                characters.addAll(pieces);
                corpus.add(new PairCounts.Word<>(pieces, count));
            }
        });
        corpus.sort(Comparator.comparing(word -> String.join("", word.tokens())));
        final List<String> vocabulary = new ArrayList<>(SPECIAL);
        vocabulary.addAll(characters);
        final Set<String> known = new HashSet<>(vocabulary);
        final PairCounts<String> pairs = new PairCounts<>(corpus);
        while (vocabulary.size() < size) {
            final var most = pairs.best();
            if (most.isEmpty() || most.get().count() < minimumCount) {
                break;
            }
            final PairCounts.Pair<String> best = most.get().pair();
            final String joined = best.left() + best.right().substring(2);
            if (known.add(joined)) {
                vocabulary.add(joined);
            }
            pairs.join(best, joined);
        }
        return vocabulary;
    }
}
