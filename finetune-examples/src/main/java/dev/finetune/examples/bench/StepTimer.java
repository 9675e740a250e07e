package dev.finetune.examples.bench;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.nn.Network;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSource;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpointing;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.Devices;
import dev.finetune.train.ProcessGroup;
import dev.finetune.train.StepReport;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Trains on one batch again and again and takes the time of each step. */
final class StepTimer implements TrainingListener {
    private final int warmup;
    private final List<Long> times = new ArrayList<>();
    private final List<Long> checkpoints = new ArrayList<>();
    private long last = System.nanoTime();

    private StepTimer(int warmup) {
        this.warmup = warmup;
    }

    /**
     * What was measured.
     *
     * @param step the median of the steps after the first ones, in seconds
     * @param checkpoint the median of the checkpoints, in seconds; NaN without any
     */
    record Seconds(double step, double checkpoint) {}

    /** The median of the steps after the first {@code warmup}, in seconds. */
    static double medianSeconds(Network network, Task task, TrainingSettings settings, HostBatch batch, int warmup) {
        return medians(network, task, settings, batch, warmup, Optional.empty()).step();
    }

    /** The same with checkpoints on the way, whose time is no step's. */
    static Seconds medians(
            Network network,
            Task task,
            TrainingSettings settings,
            HostBatch batch,
            int warmup,
            Optional<Checkpoints> checkpoints) {
        return medians(network, task, settings, batch, warmup, checkpoints, Optional.empty());
    }

    /** The same as one of several processes. */
    static Seconds medians(
            Network network,
            Task task,
            TrainingSettings settings,
            HostBatch batch,
            int warmup,
            Optional<Checkpoints> checkpoints,
            Optional<ProcessGroup> group) {
        final StepTimer timer = new StepTimer(warmup);
        final Trainer trainer = new Trainer(
                        network, task, settings, Devices.of(settings.device()), timer, new Cancellation())
                .with(new Checkpointing(checkpoints, Optional.empty(), Map.of()));
        group.map(trainer::with).orElse(trainer).train(new SameBatch(batch), Optional.empty());
        return new Seconds(median(timer.times), median(timer.checkpoints));
    }

    private static double median(List<Long> times) {
        final List<Long> sorted = times.stream().sorted().toList();
        return sorted.isEmpty() ? Double.NaN : sorted.get(sorted.size() / 2) / 1e9;
    }

    /** A batch of columns that were made for the clock: its rows hold nothing. */
    static HostBatch batch(Map<String, HostTensor> columns, int rows) {
        return new HostBatch(columns, Collections.nCopies(rows, new Row()));
    }

    @Override
    public void stepped(StepReport report) {
        final long now = System.nanoTime();
        if (report.step() > warmup) {
            times.add(now - last);
        }
        last = now;
    }

    @Override
    public void checkpointed(Path checkpoint, long step) {
        final long now = System.nanoTime();
        checkpoints.add(now - last);
        last = now;
    }

    @Override
    public void warned(String message) {
        System.err.println(message);
    }

    private record Row() implements Encoded {
        @Override
        public int length() {
            return 1;
        }

        @Override
        public Target target() {
            return new Target.None();
        }
    }

    private record SameBatch(HostBatch batch) implements BatchSource {
        @Override
        public OptionalLong batchesPerEpoch() {
            return OptionalLong.of(1);
        }

        @Override
        public OptionalLong rowsPerEpoch() {
            return OptionalLong.of(batch.size());
        }

        @Override
        public Batches epoch(int epoch) {
            return new Batches() {
                private boolean given;

                @Override
                public boolean hasNext() {
                    return !given;
                }

                @Override
                public HostBatch next() {
                    given = true;
                    return batch;
                }

                @Override
                public void close() {}
            };
        }
    }
}
