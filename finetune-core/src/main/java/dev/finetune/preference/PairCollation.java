package dev.finetune.preference;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Example;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Lays pairs into batches: rows 2 i and 2 i + 1 are the preferred and the rejected answer of pair i. */
record PairCollation(InputEncoder<?> rows) implements InputEncoder<Object> {
    @Override
    public HostBatch collate(List<Encoded> pairs, CollateContext context) {
        final List<Encoded> both = new ArrayList<>(2 * pairs.size());
        final long[] sides = new long[2 * pairs.size()];
        final float[] reference = new float[2 * pairs.size()];
        for (Encoded row : pairs) {
            final PreferencePair pair = (PreferencePair) row;
            final int at = both.size();
            sides[at + 1] = 1;
            pair.reference().ifPresent(said -> {
                reference[at] = said.chosen();
                reference[at + 1] = said.rejected();
            });
            both.add(pair.chosen());
            both.add(pair.rejected());
        }
        final HostBatch batch = rows.collate(both, context);
        final Map<String, HostTensor> columns = new LinkedHashMap<>(batch.columns());
        columns.put(PreferenceRows.SIDES, new HostTensor.Longs(sides, sides.length));
        columns.put(PreferenceRows.REFERENCE, new HostTensor.Floats(reference, reference.length));
        return new HostBatch(columns, batch.rows());
    }

    @Override
    public Class<Object> inputType() {
        return Object.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Object>> examples) {
        throw new UnsupportedOperationException("pairs are encoded already");
    }

    @Override
    public boolean variesInTraining() {
        return rows.variesInTraining();
    }

    @Override
    public boolean hasLengths() {
        return rows.hasLengths();
    }

    @Override
    public long truncated() {
        return rows.truncated();
    }

    @Override
    public void save(Path directory) {
        throw new UnsupportedOperationException("pairs are not saved");
    }

    /** The encoder of the rows is the model's. */
    @Override
    public void close() {}
}
