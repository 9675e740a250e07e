package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * How much of a batch is computed at once: all of it, until memory doesn't suffice; from then on half as much, padding
 * included.
 */
final class Portions {
    private final int together;
    private final int least;
    private long most = Long.MAX_VALUE;

    /**
     * Whole batches, to begin with.
     *
     * @param source of the batches
     * @param least rows at once
     */
    Portions(BatchSource source, int least) {
        this.together = source.rowsTogether();
        this.least = Math.max(least, together);
    }

    /** What parts are made by; no more than was found to be too much. */
    long atOnce() {
        return most;
    }

    /** Goes on with what {@link #atOnce} was. */
    void goOn(long found) {
        most = found;
    }

    /** The parts of a batch, in order: one, as long as it isn't too large. */
    List<HostBatch> of(HostBatch batch) {
        final int count = count(batch);
        if (count == 1) {
            return List.of(batch);
        }
        final int units = batch.size() / together;
        final List<HostBatch> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(BatchParts.cut(batch, units * i / count * together, units * (i + 1) / count * together));
        }
        return parts;
    }

    private int count(HostBatch batch) {
        if (most == Long.MAX_VALUE) {
            return 1;
        }
        final long atOnce = Math.max(least, most / ofARow(batch));
        final long wanted = (batch.size() + atOnce - 1) / atOnce;
        return (int) Math.max(1, Math.min(wanted, batch.size() / least));
    }

    /** Makes parts half as large as one that memory didn't suffice for; false where that can't be. */
    boolean halve(HostBatch part) {
        if (part.size() < 2 * least) {
            return false;
        }
        most = (part.size() + 1L) / 2 * ofARow(part);
        return true;
    }

    /** How many numbers a row has in the column that has most of them, padding included. */
    private static long ofARow(HostBatch batch) {
        return batch.columns().values().stream()
                .mapToLong(column -> LongStream.of(column.shape()).skip(1).reduce(1, (a, b) -> a * b))
                .max()
                .orElse(1);
    }
}
