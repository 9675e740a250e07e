package dev.finetune.internal.run;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.error.OutOfMemoryException;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.MemoryFailures;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.train.MemoryHelp;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Runs rows through a network that doesn't learn, batch by batch. Where memory doesn't suffice for so many rows at once, and
 * from then on, half as many are computed after each other.
 */
final class RowPasses {
    private final LoadedModel<?> model;
    private final ForwardContext context;
    private final IntFunction<String> doing;
    private int most;

    /**
     * Passes of a model.
     *
     * @param model the network and what makes its batches (borrowed)
     * @param context of the passes
     * @param most rows at once
     * @param doing says what is done with so many rows, for errors
     */
    RowPasses(LoadedModel<?> model, ForwardContext context, int most, IntFunction<String> doing) {
        this.model = model;
        this.context = context;
        this.doing = doing;
        this.most = most;
    }

    /** What is read of a batch, a thing a row. */
    interface Reading<T> {
        /** Computes, without gradients, in a scope that ends with the batch. */
        List<T> of(Batch batch, HostBatch host, ForwardContext context);
    }

    /** {@return what was read of each row, in order} */
    <T> List<T> run(List<Encoded> rows, Reading<T> reading) {
        final List<T> all = new ArrayList<>();
        while (all.size() < rows.size()) {
            final int count = Math.min(most, rows.size() - all.size());
            try {
                all.addAll(atOnce(rows.subList(all.size(), all.size() + count), reading));
            } catch (OutOfMemoryException e) {
                if (count == 1) {
                    throw e;
                }
                most = (count + 1) / 2;
                FreedBlocks.giveBack();
            }
        }
        return all;
    }

    private <T> List<T> atOnce(List<Encoded> rows, Reading<T> reading) {
        final HostBatch host = model.assembly().encoder().collate(rows, CollateContext.predicting());
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(host, model.device())) {
            return reading.of(batch, host, context);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw MemoryFailures.translate(doing.apply(rows.size()), e, () -> MemoryHelp.evaluating(host));
        }
    }
}
