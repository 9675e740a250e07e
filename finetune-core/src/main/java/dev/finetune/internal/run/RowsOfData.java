package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.BatchSource;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.RowEncoder;
import dev.finetune.train.StreamedRows;
import dev.finetune.train.TrainingSettings;
import java.util.List;

/** Makes encoded rows of data. */
final class RowsOfData {
    private RowsOfData() {}

    /** Batches to evaluate on: of data in memory, encoded once, or of a stream. */
    static <I> BatchSource toEvaluate(
            Dataset<I> data, InputEncoder<I> encoder, TrainingSettings settings, String what) {
        final EncodedRows.Order order = EncodedRows.Order.evaluating(settings);
        return data.size().isEmpty()
                ? new StreamedRows<>(data, encoder, order)
                : new EncodedRows(encoded(data, encoder, what), encoder, order);
    }

    /**
     * Data in memory, encoded.
     *
     * @param what it is for, for errors
     * @throws FinetuneException if there is none
     */
    static <I> List<Encoded> encoded(Dataset<I> data, InputEncoder<I> encoder, String what) {
        final List<Encoded> rows = RowEncoder.encode(data, encoder);
        if (rows.isEmpty()) {
            throw new FinetuneException("The " + what + " data holds no rows (" + data.describe() + ").");
        }
        return rows;
    }
}
