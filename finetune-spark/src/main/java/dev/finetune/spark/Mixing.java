package dev.finetune.spark;

import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/** Rows in an order, and in parts, that are as good as drawn, and the same each time: by a hash of what they hold. */
final class Mixing {
    private static final long PARTS = 1_000_000;

    private Mixing() {}

    /** What rows are sorted by; those of the same hash by what they hold. */
    static Column[] order(Column[] read, long seed) {
        return Stream.concat(Stream.of(hash(read, seed)), Arrays.stream(read)).toArray(Column[]::new);
    }

    /** Whether a row is in the part that is held back; equal rows are on the same side. */
    static Column isHeldBack(Column[] read, long seed, double fraction) {
        return functions.pmod(hash(read, seed), functions.lit(PARTS)).lt(functions.lit(Math.round(fraction * PARTS)));
    }

    private static Column hash(Column[] read, long seed) {
        return functions.xxhash64(Stream.concat(Stream.of(functions.lit(seed)), Arrays.stream(read))
                .toArray(Column[]::new));
    }
}
