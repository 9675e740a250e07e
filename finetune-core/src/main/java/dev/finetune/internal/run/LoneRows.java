package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.LoneRow;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds out, before anything is trained, whether a batch of one row would come up that the model can't train on. */
final class LoneRows {
    private LoneRows() {}

    /**
     * Whether the last row of an epoch has to join the batch before it.
     *
     * @throws FinetuneException if there is no other batch than of one row
     */
    static boolean areTooFew(LoadedModel<?> model, EncodedRows rows, int batchSize) {
        return rows.leavesOneRow()
                && areTooFew(model, rows.rows().get(0), batchSize, rows.rows().size());
    }

    /** The same for a stream, which may leave one row. */
    static <I> boolean areTooFew(LoadedModel<I> model, Dataset<I> stream, int batchSize) {
        if (model.assembly().network().buffers().isEmpty()) {
            return false;
        }
        final Optional<Example<I>> first;
        try (Stream<Example<I>> examples = stream.stream()) {
            first = examples.findFirst();
        }
        return first.map(example -> model.assembly().encoder().encode(List.of(example)))
                .filter(encoded -> !encoded.isEmpty())
                .filter(encoded -> areTooFew(model, encoded.get(0), batchSize, Integer.MAX_VALUE))
                .isPresent();
    }

    private static boolean areTooFew(LoadedModel<?> model, Encoded row, int batchSize, int rows) {
        final boolean tooFew =
                LoneRow.isTooFew(model.assembly().network(), model.assembly().encoder(), row, model.device());
        if (tooFew && (batchSize == 1 || rows == 1)) {
            throw new FinetuneException((rows == 1 ? "One row of training data" : "batchSize(1)")
                    + " gives batches of one row, and the model's batch norms can't train on those: its last maps are 1 x 1,"
                    + " and the variance of a single value isn't defined (PyTorch: \"Expected more than 1 value per channel"
                    + " when training\"). " + (rows == 1 ? "Give it two rows and more" : "Use batchSize(2) or more")
                    + ", or larger pictures by inputs(...), or freeze(Freeze.batchNorms()).");
        }
        return tooFew;
    }
}
