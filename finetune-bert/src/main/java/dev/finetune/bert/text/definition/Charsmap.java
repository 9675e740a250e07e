package dev.finetune.bert.text.definition;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * SentencePiece's table of normalizations, checked so that no text leads out of it: 4 bytes with the size of a trie, the
 * trie as a double array of 4-byte units (darts-clone), then the replacements, each ended by a zero byte (normalizer.cc,
 * DecodePrecompiledCharsMap; darts.h, DoubleArrayUnit).
 *
 * @param base64 the table as it was
 * @param longest the most characters that something is replaced by
 */
record Charsmap(String base64, int longest) {
    private static final String KEY = "precompiled_charsmap";
    private static final int LABEL = 1 << 31 | 0xFF;

    static Charsmap read(Step step) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(step.longText(KEY));
        } catch (IllegalArgumentException e) {
            throw broken(step, "is not base64");
        }
        ByteBuffer table = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long size = bytes.length < 4 ? -1 : Integer.toUnsignedLong(table.getInt());
        if (size < 4 || size % 4 != 0 || size > bytes.length - 4) {
            throw broken(step, "has " + bytes.length + " bytes, which can't be a trie and what it leads to");
        }
        IntBuffer units =
                table.slice(4, (int) size).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer();
        byte[] replacements = Arrays.copyOfRange(bytes, 4 + (int) size, bytes.length);
        new Walk(step, units, replacements).all();
        return new Charsmap(Base64.getEncoder().encodeToString(bytes), longest(step, replacements));
    }

    private static int longest(Step step, byte[] replacements) {
        CharBuffer text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
        } catch (CharacterCodingException e) {
            throw broken(step, "replaces by something that is not UTF-8");
        }
        int longest = 0;
        int start = 0;
        for (int at = 0; at <= text.length(); at++) {
            if (at == text.length() || text.charAt(at) == 0) {
                longest = Math.max(longest, at - start);
                start = at + 1;
            }
        }
        return longest;
    }

    private static RuntimeException broken(Step step, String what) {
        return Step.refusal(step.source(), step.place() + "." + KEY, what);
    }

    /** Goes wherever bytes can lead. */
    private record Walk(Step step, IntBuffer units, byte[] replacements) {
        void all() {
            BitSet seen = new BitSet();
            Deque<Integer> open = new ArrayDeque<>();
            visit(offset(units.get(0)), seen, open);
            while (!open.isEmpty()) {
                int base = open.pop();
                for (int label = 1; label <= 0xFF; label++) {
                    int unit = units.get(base ^ label);
                    if ((unit & LABEL) == label) {
                        int next = base ^ label ^ offset(unit);
                        visit(next, seen, open);
                        if ((unit >>> 8 & 1) == 1) {
                            checkValue(units.get(next) & Integer.MAX_VALUE);
                        }
                    }
                }
            }
        }

        private void visit(int base, BitSet seen, Deque<Integer> open) {
            // Any byte may come next.
            if (base < 0 || (base | 0xFF) >= units.limit()) {
                throw broken(step, "leads to unit " + (base | 0xFF) + " of " + units.limit());
            }
            if (!seen.get(base)) {
                seen.set(base);
                open.push(base);
            }
        }

        private void checkValue(int value) {
            if (value > replacements.length || value < replacements.length && (replacements[value] & 0xC0) == 0x80) {
                throw broken(step, "replaces by what starts at byte " + value + " of " + replacements.length);
            }
        }

        private static int offset(int unit) {
            return unit >>> 10 << ((unit & 1 << 9) >>> 6);
        }
    }
}
