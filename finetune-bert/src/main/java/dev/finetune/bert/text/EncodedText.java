package dev.finetune.bert.text;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import dev.finetune.data.Label;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.Checksum;

/**
 * A text as a row of numbers, kept small since a data set's rows stay in memory for all epochs.
 *
 * @param ids token ids, special tokens included
 * @param typeIds token types; empty where all are 0 or the family has none
 * @param target what the loss compares the output with
 * @param trace the way back from the output to what was encoded
 */
public record EncodedText(int[] ids, byte[] typeIds, Target target, Trace trace) implements Encoded {
    private static final byte[] NO_TYPES = {};

    static EncodedText of(TokenizedText text, boolean tokenTypes, Target target, Trace trace) {
        return new EncodedText(text.ids(), tokenTypes ? compact(text.typeIds()) : NO_TYPES, target, trace);
    }

    private static byte[] compact(int[] types) {
        byte[] bytes = new byte[types.length];
        int any = 0;
        for (int i = 0; i < types.length; i++) {
            bytes[i] = (byte) types[i];
            any |= types[i];
        }
        return any == 0 ? NO_TYPES : bytes;
    }

    @Override
    public int length() {
        return ids.length;
    }

    @Override
    public void addTo(Checksum sum) {
        final ByteBuffer bytes = ByteBuffer.allocate(ids.length * Integer.BYTES);
        bytes.asIntBuffer().put(ids);
        sum.update(bytes);
        sum.update(typeIds, 0, typeIds.length);
    }

    /** The way back from a row to what was encoded. */
    public sealed interface Trace {
        /** There is no need of one: the row is the whole text. */
        record Whole() implements Trace {}

        /**
         * Where the words of a sentence went.
         *
         * @param firstTokens for each word the position of its first token; -1 where it was cut away, or has no token
         */
        record WordStarts(int[] firstTokens) implements Trace {}

        /**
         * The word of its text that each token belongs to, for rows whose words are changed in training.
         *
         * @param wordIds counted from 0; -1 for special tokens
         */
        record WordIds(int[] wordIds) implements Trace {}

        /**
         * A window of a question's context.
         *
         * @param window its tokens, and where they stand in the context
         * @param accepted the answers that count as right, where they are known
         */
        record Window(QuestionWindow window, List<Label.Answer> accepted) implements Trace {}
    }
}
