package dev.finetune.internal.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of a table of which few rows are looked up: those rows of it that aren't zeros. Owns its memory, which it frees when the
 * gradient is forgotten.
 */
public final class RowGradient implements AutoCloseable {
    private final Tensor table;
    private @Nullable RowIndex index;
    private @Nullable Tensor sums;

    /**
     * None yet.
     *
     * @param table (rows, width), borrowed
     */
    public RowGradient(Tensor table) {
        this.table = table;
    }

    /** Whether there is a gradient. */
    public boolean isDefined() {
        return sums != null;
    }

    /** The rows that it has. */
    public long[] rows() {
        return index().rows();
    }

    private RowIndex index() {
        if (index == null) {
            index = new RowIndex(table.size(0));
        }
        return index;
    }

    /** The gradient of each of {@link #rows}, (rows, width), borrowed, in the current scope. */
    public Tensor values() {
        if (sums == null) {
            throw new IllegalStateException("there is no gradient");
        }
        return sums.narrow(0, 0, index().size());
    }

    /**
     * Adds to it.
     *
     * @param places rows of the table, of any shape
     * @param gradients of each place, (places, width)
     * @param without a row that gets none, or -1
     */
    public void add(Tensor places, Tensor gradients, long without) {
        final long[] numbers = index().add(Tensors.longs(places));
        final Tensor all = RowIndex.grown(sums, index().size(), table);
        sums = all;
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            all.index_add_(0, Tensors.of(numbers, numbers.length), gradients);
            final int none = without < 0 ? -1 : index().find(without);
            if (none >= 0) {
                all.select(0, none).zero_();
            }
        }
    }

    /**
     * Has zeros of more rows, in the order given.
     *
     * @param all different ones, with all that it has
     */
    public void arrange(long[] all) {
        final RowIndex next = new RowIndex(table.size(0));
        next.add(all);
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor arranged = table.detach().new_zeros(all.length, table.size(1));
            if (sums != null) {
                final long[] places = Arrays.stream(rows()).map(next::find).toArray();
                arranged.index_copy_(0, Tensors.of(places, places.length), values());
                sums.close();
            }
            sums = Tensors.own(arranged);
        }
        index = next;
    }

    /** Adds it to the gradient of the table, which then is as large as the table, and forgets it here. */
    public void spread() {
        if (sums == null) {
            return;
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            LeafGradient.sum(table).index_add_(0, Tensors.of(rows(), index().size()), values());
        }
        close();
    }

    /** Forgets the gradient. */
    @Override
    public void close() {
        if (sums != null) {
            sums.close();
            sums = null;
        }
        if (index != null) {
            index.clear();
        }
    }
}
