package dev.finetune.examples.bench;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.ShippedFiles;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Trains the shipped encoder on generated rows that are never all in memory. */
@Command(
        name = "stream-rows",
        description = "Train on a streamed data set: time to the first step, and heap after the last.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class StreamRowsCommand implements Callable<Integer> {
    @Option(names = "--rows", description = "Rows of the data set.")
    private long rows = 1000;

    @Option(names = "--steps", description = "Optimizer steps of 32 rows; past the rows' end they start again.")
    private int steps = 100;

    private long start;
    private double firstStep;

    @Override
    public Integer call() throws IOException {
        final Dataset<Text> streamed = Dataset.streamed(
                Text.class,
                () -> LongStream.range(0, rows)
                        .mapToObj(i -> new Example<>(
                                Text.of("row " + i + (i % 2 == 0 ? " was a good film" : " was a bad film")),
                                Label.of(i % 2 == 0 ? "good" : "bad"))));
        final FineTuner tuner = FineTuner.from(ShippedFiles.encoder(TemporaryFolder.create("finetune-stream")))
                .head("good", "bad")
                .maxLength(32)
                .batchSize(32)
                .maxSteps(steps)
                .listener(new TrainingListener() {
                    @Override
                    public void stepped(StepReport report) {
                        if (firstStep == 0) {
                            firstStep = (System.nanoTime() - start) / 1e9;
                        }
                    }
                });
        start = System.nanoTime();
        try (FineTuned<Text> tuned = tuner.fitAll(streamed)) {
            System.gc();
            System.out.printf(
                    Locale.ROOT,
                    "{\"what\":\"stream_rows\",\"rows\":%d,\"steps\":%d,\"first_step_s\":%.3f,\"heap_mb\":%.1f,\"peak_rss_mb\":%d}%n",
                    rows,
                    tuned.history().orElseThrow().steps().size(),
                    firstStep,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6,
                    ProcessFacts.peakResidentMegabytes());
        }
        return 0;
    }
}
