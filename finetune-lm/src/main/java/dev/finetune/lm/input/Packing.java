package dev.finetune.lm.input;

import dev.finetune.batch.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lays texts after each other into rows of one length; the last one may be shorter. Not thread-safe. */
final class Packing {
    private final int length;
    private final boolean apart;
    private final List<TokenRow> rows = new ArrayList<>();
    private final int[] ids;
    private final int[] labels;
    private final int[] segments;
    private int at;
    private int segment;

    Packing(int length, boolean apart) {
        this.length = length;
        this.apart = apart;
        this.ids = new int[length];
        this.labels = new int[length];
        this.segments = new int[length];
    }

    /** Takes a text in, of which these labels are predicted, but for the first, which follows on another text. */
    void add(int[] text, int[] wanted) {
        for (int i = 0; i < text.length; i++) {
            ids[at] = text[i];
            labels[at] = i == 0 ? Target.IGNORED : wanted[i];
            segments[at] = segment;
            at++;
            if (at == length) {
                end();
            }
        }
        segment++;
    }

    private void end() {
        rows.add(new TokenRow(
                Arrays.copyOf(ids, at), Arrays.copyOf(labels, at), apart ? Arrays.copyOf(segments, at) : new int[0]));
        at = 0;
        segment = 0;
    }

    /** {@return all rows} */
    List<TokenRow> rows() {
        if (at > 0) {
            end();
        }
        return rows;
    }
}
