package dev.finetune.examples.bench;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.train.Cancellation;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** A training of the shipped encoder on the shipped reviews, at its defaults, that goes on until it is cancelled. */
final class ServerFit implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Cancellation cancellation = new Cancellation();
    private final AtomicInteger steps = new AtomicInteger();
    private final FineTuner tuner;
    private final Dataset<Text> data;
    private Future<?> running = CompletableFuture.completedFuture(null);

    private ServerFit(Path encoder, Path reviews) {
        this.data = TextFiles.tsv(reviews).classification();
        this.tuner = FineTuner.from(encoder)
                .head(2)
                .epochs(1000)
                .cancellation(cancellation)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        steps.incrementAndGet();
                    }
                });
    }

    static ServerFit prepare(Path folder) {
        return new ServerFit(ShippedFiles.encoder(folder), ShippedFiles.reviews(folder, "train.tsv"));
    }

    /** Starts it, and waits for its first step. */
    void start() throws InterruptedException, ExecutionException {
        running = thread.submit(() -> {
            try (FineTuned<Text> tuned = tuner.fitAll(data)) {
                return tuned.labels();
            }
        });
        while (steps() == 0 && !running.isDone()) {
            Thread.sleep(10);
        }
        if (running.isDone()) {
            running.get();
        }
    }

    /** How many steps it has made. */
    int steps() {
        return steps.get();
    }

    /** Cancels it, waits for its end, and says how many steps it still made. */
    int cancel() throws InterruptedException, ExecutionException {
        final int before = steps();
        cancellation.cancel();
        running.get();
        return steps() - before;
    }

    @Override
    public void close() {
        cancellation.cancel();
        thread.shutdown();
    }
}
