package dev.finetune.bert.text;

import dev.finetune.batch.Encoded;
import dev.finetune.bert.augment.TextAugmentation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Changes encoded texts: takes a row apart into words, changes each text of it, and puts it together again. */
record TextAugmenter(List<TextAugmentation> augmentations) {
    /** The rows, changed as a batch's seed says. */
    List<Encoded> apply(List<Encoded> rows, long seed) {
        SplittableRandom seeds = new SplittableRandom(seed);
        List<Encoded> changed = new ArrayList<>(rows.size());
        for (Encoded row : rows) {
            changed.add(apply(TextCollator.text(row), new SplittableRandom(seeds.nextLong())));
        }
        return changed;
    }

    private EncodedText apply(EncodedText row, SplittableRandom random) {
        int[] wordIds = ((EncodedText.Trace.WordIds) row.trace()).wordIds();
        Tokens tokens = new Tokens(row);
        int end;
        for (int i = 0; i < wordIds.length; i = end) {
            end = i + 1;
            if (wordIds[i] < 0) {
                tokens.add(row.ids()[i], i);
                continue;
            }
            while (end < wordIds.length && wordIds[end] >= 0) {
                end++;
            }
            List<int[]> words = words(row.ids(), wordIds, i, end);
            for (TextAugmentation augmentation : augmentations) {
                words = augmentation.apply(words, random);
            }
            for (int[] word : words) {
                for (int id : word) {
                    tokens.add(id, i);
                }
            }
        }
        return tokens.row();
    }

    private static List<int[]> words(int[] ids, int[] wordIds, int from, int to) {
        List<int[]> words = new ArrayList<>();
        int end;
        for (int i = from; i < to; i = end) {
            end = i + 1;
            while (end < to && wordIds[end] == wordIds[i]) {
                end++;
            }
            words.add(Arrays.copyOfRange(ids, i, end));
        }
        return words;
    }

    /** A row that is being put together. */
    private static final class Tokens {
        private final EncodedText from;
        private final int[] ids;
        private final byte[] types;
        private int count;

        Tokens(EncodedText from) {
            this.from = from;
            this.ids = new int[from.ids().length];
            this.types = new byte[from.typeIds().length];
        }

        /** Adds a token of the type that the one at a position has. */
        void add(int id, int position) {
            if (types.length > 0) {
                types[count] = from.typeIds()[position];
            }
            ids[count++] = id;
        }

        EncodedText row() {
            return new EncodedText(
                    Arrays.copyOf(ids, count),
                    Arrays.copyOf(types, Math.min(count, types.length)),
                    from.target(),
                    from.trace());
        }
    }
}
