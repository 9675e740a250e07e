package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Cuts batches. */
final class BatchParts {
    private BatchParts() {}

    /** Rows {@code from} to {@code to - 1} of a batch, columns as they are: padded to the longest of the whole. */
    static HostBatch cut(HostBatch batch, int from, int to) {
        final Map<String, HostTensor> columns = new LinkedHashMap<>();
        batch.columns().forEach((name, column) -> columns.put(name, cut(name, column, batch.size(), from, to)));
        return new HostBatch(columns, batch.rows().subList(from, to));
    }

    private static HostTensor cut(String name, HostTensor column, int rows, int from, int to) {
        final long[] shape = column.shape().clone();
        if (shape.length == 0 || shape[0] != rows) {
            throw new FinetuneException("A batch of " + rows + " rows can't be cut: its column \"" + name
                    + "\" is of shape " + Arrays.toString(shape) + ". Use a smaller batchSize(...).");
        }
        shape[0] = (long) to - from;
        if (column instanceof HostTensor.Longs longs) {
            final int stride = longs.data().length / rows;
            return new HostTensor.Longs(Arrays.copyOfRange(longs.data(), from * stride, to * stride), shape);
        }
        final float[] floats = ((HostTensor.Floats) column).data();
        final int stride = floats.length / rows;
        return new HostTensor.Floats(Arrays.copyOfRange(floats, from * stride, to * stride), shape);
    }
}
