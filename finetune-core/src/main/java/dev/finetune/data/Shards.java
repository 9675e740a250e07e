package dev.finetune.data;

import dev.finetune.error.FinetuneException;
import java.util.stream.Stream;

/** Parts of data sets, one for each of several processes. */
final class Shards {
    private Shards() {}

    static void check(int index, int count) {
        if (count < 1 || index < 0 || index >= count) {
            throw new FinetuneException("shard(" + index + ", " + count + "): expected a part from 0 to "
                    + (Math.max(1, count) - 1) + (count < 1 ? " of at least 1." : "."));
        }
    }

    static String describe(String all, int index, int count) {
        return all + ", part " + (index + 1) + " of " + count;
    }

    /** What of a stream, which is read by one thread, belongs to a part. */
    static <T> Stream<T> of(Stream<T> all, int index, int count) {
        if (count == 1) {
            return all;
        }
        final long[] number = {0};
        return all.sequential().filter(each -> number[0]++ % count == index);
    }
}
