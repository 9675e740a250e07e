package com.example.stars;

import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Events, padded to the longest visit of a batch, and a mask of them. */
final class VisitEncoder implements InputEncoder<Visit> {
    /** A target of its own kind. */
    private record Given(float stars) implements Target {}

    private record Row(List<Integer> events, Target target) implements Encoded {
        @Override
        public int length() {
            return events.size();
        }
    }

    @Override
    public Class<Visit> inputType() {
        return Visit.class;
    }

    @Override
    public List<Encoded> encode(List<Example<Visit>> examples) {
        return examples.stream()
                .map(example -> (Encoded) new Row(
                        example.input().events(),
                        example.label() instanceof Stars stars ? new Given(stars.count()) : new Target.None()))
                .toList();
    }

    @Override
    public HostBatch collate(List<Encoded> rows, CollateContext context) {
        int longest = rows.stream().mapToInt(Encoded::length).max().orElse(1);
        long[] events = new long[rows.size() * longest];
        float[] mask = new float[rows.size() * longest];
        float[] stars = new float[rows.size()];
        boolean labelled = true;
        for (int row = 0; row < rows.size(); row++) {
            Row one = (Row) rows.get(row);
            for (int i = 0; i < one.length(); i++) {
                events[row * longest + i] = one.events().get(i);
                mask[row * longest + i] = 1;
            }
            if (one.target() instanceof Given given) {
                stars[row] = given.stars();
            } else {
                labelled = false;
            }
        }
        Map<String, HostTensor> columns = new HashMap<>();
        columns.put("events", new HostTensor.Longs(events, rows.size(), longest));
        columns.put("mask", new HostTensor.Floats(mask, rows.size(), longest));
        if (labelled) {
            columns.put("stars", new HostTensor.Floats(stars, rows.size()));
        }
        return new HostBatch(columns, rows);
    }

    @Override
    public long truncated() {
        return 0;
    }

    @Override
    public void save(Path directory) {}

    @Override
    public void close() {}
}
