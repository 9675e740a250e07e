package dev.finetune.batch;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** How large a batch is, in words. */
public final class BatchShape {
    private BatchShape() {}

    /**
     * {@return its rows, and the shape of the largest column: "8 rows (input_ids 8 x 512)"}
     *
     * @param batch in arrays of Java
     */
    public static String of(HostBatch batch) {
        final String rows = batch.size() == 1 ? "1 row" : batch.size() + " rows";
        return rows
                + batch.columns().entrySet().stream()
                        .max(Comparator.comparingLong(column -> count(column.getValue())))
                        .map(column -> " (" + column.getKey() + " " + shown(column.getValue()) + ")")
                        .orElse("");
    }

    private static long count(HostTensor column) {
        return LongStream.of(column.shape()).reduce(1, (a, b) -> a * b);
    }

    private static String shown(HostTensor column) {
        return Arrays.stream(column.shape()).mapToObj(Long::toString).collect(Collectors.joining(" x "));
    }
}
