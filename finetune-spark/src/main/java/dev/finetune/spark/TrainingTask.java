package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.distributed.KeptPort;
import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.train.TrainingSettings;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/** What a worker does: reads its part of the rows, meets the others, trains with them; worker 0 gives the model back. */
final class TrainingTask<I> extends AbstractFunction1<Iterator<LabelledRow>, Iterator<ModelPiece>>
        implements Serializable {
    private static final long serialVersionUID = 1L;

    /** This process, as long as it runs: containers that share an address may give theirs the same number. */
    private static final String PROCESS = UUID.randomUUID().toString();

    /** What is evaluated on. */
    enum Validation {
        GIVEN,
        HELD_BACK,
        NONE
    }

    private final TunerSource tuner;
    private final Columns<I> columns;
    private final Validation kind;
    private final String job;
    private final boolean streamed;
    private final @Nullable String shared;

    TrainingTask(
            TunerSource tuner,
            Columns<I> columns,
            Validation kind,
            String job,
            boolean streamed,
            @Nullable String shared) {
        this.tuner = tuner;
        this.columns = columns;
        this.kind = kind;
        this.job = job;
        this.streamed = streamed;
        this.shared = shared;
    }

    @Override
    public Iterator<ModelPiece> apply(Iterator<LabelledRow> rows) {
        ExecutorThreads.limit();
        try (WorkerRows<I> own = new WorkerRows<>(columns, streamed)) {
            return trained(rows, own);
        } catch (OutOfMemoryError e) {
            if (streamed) {
                throw e;
            }
            throw new FinetuneException(
                    "The heap of an executor ran out (" + e.getMessage() + ", of "
                            + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MB), in which a worker keeps its rows: say streamed(), which keeps them on disk, or take more"
                            + " workers, or more spark.executor.memory.",
                    e);
        }
    }

    private Iterator<ModelPiece> trained(Iterator<LabelledRow> rows, WorkerRows<I> own) {
        own.addAll(rows);
        final FineTuner unshared = tuner.get(); // Who fails so far, fails before the others wait for it.
        final BarrierTaskContext context = BarrierTaskContext.get();
        try (KillWatch watch = KillWatch.open(context);
                KeptPort port = KeptPort.any()) {
            final Met met = meet(context, port.number(), own.trainCount());
            watch.check(); // Spark sleeps on for up to a second when all have met, and keeps an interruption to itself.
            final FineTuner one = (streamed ? ofKnownLength(unshared, met.mostRows) : unshared).distributed(met.self);
            try (FineTuned<I> tuned = fit(one, own)) {
                watch.check();
                return CollectionConverters.asScala(
                        (met.self.rank() == 0 ? handedOn(tuned) : List.<ModelPiece>of()).iterator());
            }
        }
    }

    private FineTuned<I> fit(FineTuner one, WorkerRows<I> own) {
        return switch (kind) {
            case GIVEN -> one.fit(own.train(), own.validation());
            case HELD_BACK -> one.fit(own.train());
            case NONE -> one.fitAll(own.train());
        };
    }

    /** Of a stream nobody knows how long it is; but of these rows, which were counted: the steps are those of as many in memory. */
    static FineTuner ofKnownLength(FineTuner tuner, long mostRows) {
        final TrainingSettings settings = tuner.settings();
        if (settings.maxSteps() > 0 || mostRows == 0) {
            return tuner;
        }
        final long batches = ceiling(mostRows, settings.batchSize().rows());
        final long perEpoch = ceiling(batches, settings.optimization().accumulate());
        return tuner.maxSteps((long) Math.ceil(settings.epochs() * perEpoch));
    }

    private static long ceiling(long number, long divisor) {
        return (number + divisor - 1) / divisor;
    }

    /**
     * The workers, as they have met.
     *
     * @param self which of them this one is
     * @param mostRows how many rows to learn from the one has that has most
     */
    private record Met(Processes self, long mostRows) {}

    /** Where worker 0 listens, agreed upon by all; they have to be in processes of their own. */
    private Met meet(BarrierTaskContext context, int ownPort, long rows) {
        final String[] said = context.allGather(PROCESS + " " + ownPort + " " + rows);
        final List<String> processes =
                Arrays.stream(said).map(each -> each.split(" ")[0]).toList();
        if (processes.stream().distinct().count() < processes.size()) {
            throw new FinetuneException("Several of the " + processes.size()
                    + " workers run in one executor, where they would share one process: give each its own, with"
                    + " spark.task.cpus as large as spark.executor.cores.");
        }
        final int port = Integer.parseInt(said[0].split(" ")[1]);
        final Processes self = Processes.of(context.partitionId(), said.length, address(context, 0), port)
                .ownShards()
                .ownAddressFromEnvironment()
                .job(job);
        return new Met(
                self,
                Arrays.stream(said)
                        .mapToLong(each -> Long.parseLong(each.split(" ")[2]))
                        .max()
                        .orElse(0));
    }

    /** Without the port that Spark may tell. */
    private static String address(BarrierTaskContext context, int task) {
        final String address = context.getTaskInfos()[task].address();
        final int colon = address.lastIndexOf(':');
        return colon < 0 || address.endsWith("]") ? address : address.substring(0, colon);
    }

    private List<ModelPiece> handedOn(FineTuned<I> tuned) {
        if (shared != null) {
            tuned.save(Path.of(shared));
            return List.of();
        }
        try {
            final Path directory = Files.createTempDirectory("finetune-spark-model");
            tuned.save(directory);
            refuseTooLarge(directory, SparkEnv.get().conf().getSizeAsBytes("spark.driver.maxResultSize", "1g"));
            final List<ModelPiece> pieces = ModelPiece.of(directory);
            Folder.delete(directory);
            return pieces;
        } catch (IOException e) {
            throw new FinetuneException(
                    "There is no place for the trained model: " + e + "; say savedTo(directory).", e);
        }
    }

    /** What would be refused on its way to the driver stays where it is. */
    static void refuseTooLarge(Path directory, long most) throws IOException {
        long size = 0;
        for (Path file : Fingerprint.files(directory)) {
            size += Files.size(file);
        }
        if (most > 0 && size >= most) {
            throw new FinetuneException("The model is trained, but its " + (size >> 20)
                    + " MB are more than spark.driver.maxResultSize lets through, " + (most >> 20)
                    + " MB. It stays in " + directory + " on " + ModelFiles.host()
                    + ": fetch it from there, and say savedTo(directory) the next time.");
        }
    }
}
