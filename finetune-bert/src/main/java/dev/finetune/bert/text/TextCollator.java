package dev.finetune.bert.text;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lays rows out as a batch, padded on the right to the longest. Inputs: {@code input_ids}, {@code attention_mask} and,
 * for families that have them, {@code token_type_ids}, 64-bit, [batch, longest]. Targets: {@code labels} ([batch] for
 * a class, [batch, n] floats for numbers, [batch, longest] for tags, padded with {@link Target#IGNORED}), or {@code
 * start_positions} and {@code end_positions} ([batch]).
 */
final class TextCollator {
    private final TextLayout layout;

    TextCollator(TextLayout layout) {
        this.layout = layout;
    }

    HostBatch collate(List<Encoded> rows) {
        return new HostBatch(Collections.unmodifiableMap(columns(rows)), List.copyOf(rows));
    }

    Map<String, HostTensor> columns(List<Encoded> rows) {
        int batch = rows.size();
        int longest = rows.stream().mapToInt(Encoded::length).max().orElse(0);
        long[] ids = new long[batch * longest];
        long[] mask = new long[batch * longest];
        long[] types = new long[layout.tokenTypes() ? batch * longest : 0];
        Arrays.fill(ids, layout.padId());
        for (int row = 0; row < batch; row++) {
            EncodedText text = text(rows.get(row));
            int at = row * longest;
            for (int i = 0; i < text.length(); i++) {
                ids[at + i] = text.ids()[i];
                mask[at + i] = 1;
            }
            if (layout.tokenTypes()) {
                for (int i = 0; i < text.typeIds().length; i++) {
                    types[at + i] = text.typeIds()[i];
                }
            }
        }
        Map<String, HostTensor> columns = new LinkedHashMap<>();
        columns.put("input_ids", new HostTensor.Longs(ids, batch, longest));
        columns.put("attention_mask", new HostTensor.Longs(mask, batch, longest));
        if (layout.tokenTypes()) {
            columns.put("token_type_ids", new HostTensor.Longs(types, batch, longest));
        }
        if (batch > 0) {
            addTargets(columns, rows.stream().map(Encoded::target).toList(), longest);
        }
        return columns;
    }

    static EncodedText text(Encoded row) {
        if (row instanceof EncodedText text) {
            return text;
        }
        throw new FinetuneException("A row of " + row.getClass().getName()
                + " was given to a text encoder; it lays out only the rows that it encoded.");
    }

    private static void addTargets(Map<String, HostTensor> columns, List<Target> targets, int longest) {
        int batch = targets.size();
        Target kind = targets.get(0);
        if (kind instanceof Target.Index) {
            long[] labels = new long[batch];
            for (int row = 0; row < batch; row++) {
                labels[row] = same(Target.Index.class, targets, row).index();
            }
            columns.put("labels", new HostTensor.Longs(labels, batch));
        } else if (kind instanceof Target.Vector first) {
            columns.put("labels", vectors(targets, first.values().length));
        } else if (kind instanceof Target.Sequence) {
            columns.put("labels", sequences(targets, longest));
        } else if (kind instanceof Target.Span) {
            long[] starts = new long[batch];
            long[] ends = new long[batch];
            for (int row = 0; row < batch; row++) {
                Target.Span span = same(Target.Span.class, targets, row);
                starts[row] = span.start();
                ends[row] = span.end();
            }
            columns.put("start_positions", new HostTensor.Longs(starts, batch));
            columns.put("end_positions", new HostTensor.Longs(ends, batch));
        } else {
            for (int row = 1; row < batch; row++) {
                same(Target.None.class, targets, row);
            }
        }
    }

    private static HostTensor vectors(List<Target> targets, int width) {
        float[] labels = new float[targets.size() * width];
        for (int row = 0; row < targets.size(); row++) {
            float[] values = same(Target.Vector.class, targets, row).values();
            if (values.length != width) {
                throw new FinetuneException("Row " + row + " of a batch has " + values.length
                        + " target values and row 0 has " + width + "; all rows need as many.");
            }
            System.arraycopy(values, 0, labels, row * width, width);
        }
        return new HostTensor.Floats(labels, targets.size(), width);
    }

    private static HostTensor sequences(List<Target> targets, int longest) {
        long[] labels = new long[targets.size() * longest];
        Arrays.fill(labels, Target.IGNORED);
        for (int row = 0; row < targets.size(); row++) {
            int[] indices = same(Target.Sequence.class, targets, row).indices();
            for (int i = 0; i < Math.min(indices.length, longest); i++) {
                labels[row * longest + i] = indices[i];
            }
        }
        return new HostTensor.Longs(labels, targets.size(), longest);
    }

    private static <T extends Target> T same(Class<T> kind, List<Target> targets, int row) {
        Target target = targets.get(row);
        if (!kind.isInstance(target)) {
            throw new FinetuneException("Row " + row + " of a batch has a target of the kind "
                    + target.getClass().getSimpleName() + " and row 0 has " + kind.getSimpleName()
                    + "; examples with and without labels cannot share a batch.");
        }
        return kind.cast(target);
    }
}
