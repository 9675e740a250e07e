package dev.finetune.internal.torch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Some of the rows of a table, numbered in the order in which they came. */
public final class RowIndex {
    /** The number of each row of the table, from 1 on; 0 for one that hasn't come. */
    private final int[] numbers;

    private long[] rows = new long[64];
    private int size;

    /**
     * None yet.
     *
     * @param table how many rows there are
     */
    public RowIndex(long table) {
        this.numbers = new int[Math.toIntExact(table)];
    }

    /** How many have come. */
    public int size() {
        return size;
    }

    /** The number of a row, from 0 on, which it has or gets now. */
    public int add(long row) {
        final int known = numbers[Math.toIntExact(row)];
        if (known > 0) {
            return known - 1;
        }
        if (size == rows.length) {
            rows = Arrays.copyOf(rows, 2 * size);
        }
        rows[size++] = row;
        numbers[Math.toIntExact(row)] = size;
        return size - 1;
    }

    /** The numbers of rows, which they have or get now. */
    public long[] add(long[] some) {
        return Arrays.stream(some).map(this::add).toArray();
    }

    /** The number of a row, from 0 on; -1 where it hasn't come. */
    public int find(long row) {
        return numbers[Math.toIntExact(row)] - 1;
    }

    /** The rows, by their numbers. */
    public long[] rows() {
        return Arrays.copyOf(rows, size);
    }

    /** Forgets them all. */
    public void clear() {
        for (int i = 0; i < size; i++) {
            numbers[Math.toIntExact(rows[i])] = 0;
        }
        size = 0;
    }

    /**
     * Memory of a row of a table each, which grows by half at the least where it has to.
     *
     * @param known (rows that there is room for, width), owned, closed where a larger one takes its place; null for none
     * @param size how many rows there has to be room for
     * @param table (rows, width), borrowed
     * @return (rows that there is room for, width), owned: what is known, then zeros
     */
    public static Tensor grown(@Nullable Tensor known, int size, Tensor table) {
        if (known != null && known.size(0) >= size) {
            return known;
        }
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final long before = known == null ? 0 : known.size(0);
            final long rows = Math.min(table.size(0), Math.max(size, before + before / 2));
            final Tensor larger = Tensors.own(table.detach().new_zeros(rows, table.size(1)));
            if (known != null) {
                larger.narrow(0, 0, before).copy_(known);
                known.close();
            }
            return larger;
        }
    }
}
