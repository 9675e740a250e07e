package dev.finetune.lm.input;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.Target;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.Checksum;

/**
 * A row of tokens, kept small since a data set's rows stay in memory for all epochs.
 *
 * @param ids of the tokens
 * @param labels the ids that are to be predicted, {@link Target#IGNORED} elsewhere
 * @param segments which text of the row each token belongs to, counted from 0; empty where texts aren't kept apart
 */
record TokenRow(int[] ids, int[] labels, int[] segments) implements Encoded {
    private static final int[] NONE = {};

    static TokenRow of(int[] ids, int[] labels) {
        return new TokenRow(ids, labels, NONE);
    }

    /** Which text of the row a token belongs to. */
    int segment(int token) {
        return segments.length == 0 ? 0 : segments[token];
    }

    /** Its first tokens. */
    TokenRow upTo(int most) {
        return length() <= most ? this : of(Arrays.copyOf(ids, most), Arrays.copyOf(labels, most));
    }

    /** How many of its tokens are predicted. */
    int predicted() {
        int count = 0;
        for (int i = 1; i < labels.length; i++) {
            count += labels[i] == Target.IGNORED ? 0 : 1;
        }
        return count;
    }

    /** Whether anything is predicted in it: the first token never is. */
    boolean predicts() {
        for (int i = 1; i < labels.length; i++) {
            if (labels[i] != Target.IGNORED) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean isOfUse() {
        return predicts();
    }

    @Override
    public int length() {
        return ids.length;
    }

    @Override
    public Target target() {
        return new Target.Sequence(labels);
    }

    @Override
    public void addTo(Checksum sum) {
        final ByteBuffer bytes = ByteBuffer.allocate((ids.length + labels.length) * Integer.BYTES);
        bytes.asIntBuffer().put(ids).put(labels);
        sum.update(bytes);
    }
}
