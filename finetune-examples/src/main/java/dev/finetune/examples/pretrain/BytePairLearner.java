package dev.finetune.examples.pretrain;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns byte-level byte-pair encoding (Sennrich et al., 2016; Radford et al., 2019) from text: pieces of text, cut as GPT-2
 * cuts them, are spelled in bytes, and the pair of neighbouring tokens that occurs most often becomes a token, again and again.
 * Of pairs that occur equally often, the one whose left token is older comes first, then the one whose right one is: as the
 * trainer of Hugging Face's tokenizers has it, so that both learn the same merges from the same text.
 */
final class BytePairLearner {
    /** GPT-2's: contractions, words with the blank before them, numbers, other signs, blanks. */
    private static final Pattern PIECE = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private static final int BYTES = 256;

    private final Map<String, Integer> pieces = new HashMap<>();
    private final List<String> special;

    /** With special tokens, which come first in the vocabulary and are never learned from. */
    BytePairLearner(List<String> special) {
        this.special = List.copyOf(special);
    }

    /**
     * What was learned.
     *
     * @param vocabulary special tokens, bytes, then joined tokens in the order in which they were learned; a token's id is its
     *     place
     * @param special the special tokens
     * @param merges pairs of tokens, the first one first
     * @param bytesPerToken of the text that was learned from
     */
    record Learned(List<String> vocabulary, List<String> special, List<List<String>> merges, double bytesPerToken) {}

    /** Counts a text's pieces. */
    void add(String text) {
        final Matcher matcher = PIECE.matcher(text);
        while (matcher.find()) {
            pieces.merge(matcher.group(), 1, Integer::sum);
        }
    }

    /**
     * Learns from what was added.
     *
     * @param size how many tokens there are to be; fewer where no pair is left
     */
    Learned learn(int size) {
        final List<String> vocabulary = new ArrayList<>(special);
        vocabulary.addAll(signs());
        final Map<String, Integer> ids = new HashMap<>();
        vocabulary.forEach(token -> ids.put(token, ids.size()));
        final List<PairCounts.Word<Integer>> words = new ArrayList<>();
        long bytes = 0;
        for (Map.Entry<String, Integer> piece : pieces.entrySet()) {
            final byte[] spelled = piece.getKey().getBytes(StandardCharsets.UTF_8);
            final List<Integer> tokens = new ArrayList<>();
            for (byte each : spelled) {
                tokens.add(ids.get(String.valueOf(sign(each & 0xFF))));
            }
            words.add(new PairCounts.Word<>(tokens, piece.getValue()));
            bytes += (long) spelled.length * piece.getValue();
        }
        final PairCounts<Integer> counts = new PairCounts<>(words);
        final List<List<String>> merges = new ArrayList<>();
        while (vocabulary.size() < size) {
            final var best = counts.best();
            if (best.isEmpty()) {
                break;
            }
            final PairCounts.Pair<Integer> pair = best.get().pair();
            final String left = vocabulary.get(pair.left());
            final String right = vocabulary.get(pair.right());
            final int id = ids.computeIfAbsent(left + right, joined -> {
                vocabulary.add(joined);
                return vocabulary.size() - 1;
            });
            merges.add(List.of(left, right));
            counts.join(pair, id);
        }
        final long tokens = words.stream()
                .mapToLong(word -> (long) word.tokens().size() * word.count())
                .sum();
        return new Learned(vocabulary, special, merges, tokens == 0 ? 1 : (double) bytes / tokens);
    }

    /** The sign of each byte, by the signs' code points: as vocabularies of GPT-2's kin have them. */
    private static List<String> signs() {
        final List<String> signs = new ArrayList<>();
        for (int value = 0; value < BYTES; value++) {
            signs.add(String.valueOf(sign(value)));
        }
        signs.sort(null);
        return signs;
    }

    /** How GPT-2's vocabulary writes a byte: as the character of that number, where it can be seen, else one after 255. */
    private static char sign(int value) {
        if (isSeen(value)) {
            return (char) value;
        }
        int unseenBefore = 0;
        for (int other = 0; other < value; other++) {
            if (!isSeen(other)) {
                unseenBefore++;
            }
        }
        return (char) (BYTES + unseenBefore);
    }

    private static boolean isSeen(int value) {
        return value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE;
    }
}
