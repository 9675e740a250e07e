package dev.finetune.bert.text;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a tokenizer lays special tokens around one text ({@code [CLS] A [SEP]}) and around a pair ({@code [CLS] A [SEP] B
 * [SEP]}, {@code <s> A </s></s> B </s>}), learned by asking the tokenizer, so that no family needs to be known here.
 */
final class Template {
    private final Frame single;
    private final Frame pair;

    private Template(Frame single, Frame pair) {
        this.single = single;
        this.pair = pair;
    }

    /** The special tokens before, between and after the texts, with their types and those of the texts. */
    private record Frame(Run before, int first, Run between, int second, Run after) {
        int length() {
            return before.ids.length + between.ids.length + after.ids.length;
        }
    }

    private record Run(int[] ids, int[] types) {}

    /** Asks the tokenizer. */
    static Template of(NativeTokenizer tokenizer, String source) {
        for (String text : new String[] {"a", "0", ".", "the"}) {
            NativeTokenizer.Probe one = tokenizer.probe(text, false);
            NativeTokenizer.Probe two = tokenizer.probe(text, true);
            if (Arrays.stream(one.sequences()).anyMatch(s -> s == 0)) {
                return new Template(frame(one, false), frame(two, true));
            }
        }
        throw new FinetuneException(source + " makes no token of the letter a, a digit, a full stop or a word: its"
                + " vocabulary does not fit its settings.");
    }

    private static Frame frame(NativeTokenizer.Probe probe, boolean pair) {
        int[] sequences = probe.sequences();
        int firstStart = indexOf(sequences, 0, 0);
        int firstEnd = endOf(sequences, firstStart);
        if (!pair) {
            return new Frame(
                    run(probe, 0, firstStart),
                    probe.types()[firstStart],
                    run(probe, 0, 0),
                    0,
                    run(probe, firstEnd, sequences.length));
        }
        int secondStart = indexOf(sequences, 1, firstEnd);
        return new Frame(
                run(probe, 0, firstStart),
                probe.types()[firstStart],
                run(probe, firstEnd, secondStart),
                probe.types()[secondStart],
                run(probe, endOf(sequences, secondStart), sequences.length));
    }

    private static int indexOf(int[] values, int value, int from) {
        int i = from;
        while (values[i] != value) {
            i++;
        }
        return i;
    }

    private static int endOf(int[] values, int start) {
        int i = start;
        while (i < values.length && values[i] == values[start]) {
            i++;
        }
        return i;
    }

    private static Run run(NativeTokenizer.Probe probe, int from, int to) {
        return new Run(Arrays.copyOfRange(probe.ids(), from, to), Arrays.copyOfRange(probe.types(), from, to));
    }

    /** How many special tokens surround one text, or a pair. */
    int overhead(boolean ofPair) {
        return ofPair ? pair.length() : single.length();
    }

    /** The largest token type around one text, or a pair. */
    int largestType(boolean ofPair) {
        Frame frame = ofPair ? pair : single;
        return Stream.of(
                        frame.before.types, frame.between.types, frame.after.types, new int[] {frame.first, frame.second
                        })
                .flatMapToInt(Arrays::stream)
                .max()
                .orElse(0);
    }

    /** How many tokens come before the second text of a pair, when the first has the given number. */
    int secondStart(int firstLength) {
        return pair.before.ids.length + firstLength + pair.between.ids.length;
    }

    /** The ids of all special tokens that it lays. */
    int[] specialIds() {
        return Stream.of(single.before, single.after, pair.before, pair.between, pair.after)
                .flatMapToInt(run -> Arrays.stream(run.ids))
                .distinct()
                .toArray();
    }

    /** The first special token of a text, or -1. */
    int opening() {
        return single.before.ids.length == 0 ? -1 : single.before.ids[0];
    }

    /** The last special token of a text, or -1. */
    int closing() {
        return single.after.ids.length == 0 ? -1 : single.after.ids[single.after.ids.length - 1];
    }

    /** Lays the template around texts, of which the first tokens are kept: a whole text, cut to the maximum length. */
    TokenizedText lay(RawTokens first, @Nullable RawTokens second, int maxLength, Detail detail) {
        int room = maxLength - overhead(second != null);
        int[] keep = longestFirst(first.readFor(maxLength), second == null ? 0 : second.readFor(maxLength), room);
        return lay(first, keep[0], second, 0, keep[1], detail);
    }

    /** Lays the pair's template around a whole first text and a part of the second, both with offsets. */
    TokenizedText window(RawTokens first, RawTokens second, int from, int to) {
        return lay(first, first.length(), second, from, to, Detail.OFFSETS);
    }

    /**
     * How many tokens of each text stay, when together they may be {@code room}: the shorter keeps up to half, the
     * longer the rest (the LONGEST_FIRST strategy of Hugging Face's tokenizers, truncate_encodings).
     */
    static int[] longestFirst(int first, int second, int room) {
        if (first + second <= room) {
            return new int[] {first, second};
        }
        if (second == 0) {
            return new int[] {room, 0};
        }
        int shorter = Math.min(first, second);
        int longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
        if (shorter + longer > room) {
            shorter = room / 2;
            longer = shorter + room % 2;
        }
        return first > second ? new int[] {longer, shorter} : new int[] {shorter, longer};
    }

    private TokenizedText lay(
            RawTokens first, int firstCount, @Nullable RawTokens second, int from, int to, Detail detail) {
        Frame frame = second == null ? single : pair;
        Row row = new Row(frame.length() + firstCount + (to - from), detail);
        row.special(frame.before);
        row.text(first, 0, firstCount, frame.first);
        row.special(frame.between);
        int secondStart = -1;
        boolean cut = firstCount < first.length();
        if (second != null) {
            secondStart = row.at;
            row.text(second, from, to, frame.second);
            cut |= to - from < second.length();
        }
        row.special(frame.after);
        return new TokenizedText(row.ids, row.types, row.words, row.starts, row.ends, secondStart, cut);
    }

    /** A row of tokens while it is laid. */
    private static final class Row {
        private final int[] ids;
        private final int[] types;
        private final int[] words;
        private final int[] starts;
        private final int[] ends;
        private int at;

        Row(int length, Detail detail) {
            ids = new int[length];
            types = new int[length];
            words = new int[detail == Detail.IDS ? 0 : length];
            starts = new int[detail == Detail.OFFSETS ? length : 0];
            ends = new int[starts.length];
            Arrays.fill(words, -1);
        }

        void special(Run run) {
            System.arraycopy(run.ids, 0, ids, at, run.ids.length);
            System.arraycopy(run.types, 0, types, at, run.ids.length);
            at += run.ids.length;
        }

        void text(RawTokens text, int from, int to, int type) {
            int count = to - from;
            System.arraycopy(text.ids(), from, ids, at, count);
            Arrays.fill(types, at, at + count, type);
            if (words.length > 0) {
                System.arraycopy(text.words(), from, words, at, count);
            }
            if (starts.length > 0) {
                System.arraycopy(text.starts(), from, starts, at, count);
                System.arraycopy(text.ends(), from, ends, at, count);
            }
            at += count;
        }
    }
}
