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
            throw new FinetuneException("The " + what + " data holds no rows (" + data.describe() + ")"
                    + (data.size().orElse(0) > 0
                            ? " that could be used: of its " + data.size().getAsLong() + " examples each was left out."
                                    + " The warnings before say why: mend the examples, or raise maxLength where that"
                                    + " is too small for them."
                            : "."));
        }
        if (rows.stream().noneMatch(Encoded::isOfUse)) {
            throw new FinetuneException("In none of the " + rows.size() + " rows of the " + what + " data ("
                    + data.describe() + ") is there anything to be predicted, so that there is nothing to "
                    + (what.equals("training") ? "learn" : "evaluate")
                    + ". A text of a single token has nothing before it to predict it from, and an answer beyond"
                    + " maxLength isn't read: use longer texts, or a larger maxLength.");
        }
        return rows;
    }
}
