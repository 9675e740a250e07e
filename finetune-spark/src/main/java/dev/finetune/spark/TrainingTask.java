package dev.finetune.spark;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.Serializable;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    private final @Nullable String shared;

    TrainingTask(TunerSource tuner, Columns<I> columns, Validation kind, String job, @Nullable String shared) {
        this.tuner = tuner;
        this.columns = columns;
        this.kind = kind;
        this.job = job;
        this.shared = shared;
    }

    @Override
    public Iterator<ModelPiece> apply(Iterator<LabelledRow> rows) {
        ExecutorThreads.limit();
        final List<Example<I>> train = new ArrayList<>();
        final List<Example<I>> validation = new ArrayList<>();
        rows.foreach(new AbstractFunction1<LabelledRow, Object>() {
            @Override
            public @Nullable Object apply(LabelledRow each) {
                return (each.isValidation() ? validation : train).add(example(each));
            }
        });
        final FineTuner unshared = tuner.get(); // Who fails so far, fails before the others wait for it.
        final Processes processes = meet(BarrierTaskContext.get());
        final FineTuner one = unshared.distributed(processes);
        try (FineTuned<I> tuned = fit(one, train, validation)) {
            return CollectionConverters.asScala(
                    (processes.rank() == 0 ? handedOn(tuned) : List.<ModelPiece>of()).iterator());
        }
    }

    private FineTuned<I> fit(FineTuner one, List<Example<I>> train, List<Example<I>> validation) {
        final Dataset<I> learned = dataset(train, "train");
        return switch (kind) {
            case GIVEN -> one.fit(learned, dataset(validation, "validation"));
            case HELD_BACK -> one.fit(learned);
            case NONE -> one.fitAll(learned);
        };
    }

    private Example<I> example(LabelledRow each) {
        try {
            return new Example<>(columns.input(each.row()), columns.label(each.row()));
        } catch (FinetuneException e) {
            throw new FinetuneException(
                    "A row of the " + (each.isValidation() ? "validation" : "training") + " data can't be used: "
                            + e.getMessage() + " Filter such rows out. The row: "
                            + shown(each.row().mkString(", ")),
                    e);
        }
    }

    private static String shown(String row) {
        return row.length() > 200 ? row.substring(0, 200) + " ..." : row;
    }

    private Dataset<I> dataset(List<Example<I>> examples, String part) {
        return Dataset.of(columns.inputType(), examples)
                .describedAs(examples.size() + " rows of a data frame, " + part + ", in this worker's part");
    }

    /** Where worker 0 listens, agreed upon by all; they have to be in processes of their own. */
    private Processes meet(BarrierTaskContext context) {
        final String own = ProcessHandle.current().pid() + "@" + address(context, context.partitionId());
        final String[] said = context.allGather(own + " " + freePort());
        final List<String> processes =
                Arrays.stream(said).map(each -> each.split(" ")[0]).toList();
        if (processes.stream().distinct().count() < processes.size()) {
            throw new FinetuneException("Several of the " + processes.size()
                    + " workers run in one executor, where they would share one process: give each its own, with"
                    + " spark.task.cpus as large as spark.executor.cores.");
        }
        final int port = Integer.parseInt(said[0].split(" ")[1]);
        return Processes.of(context.partitionId(), said.length, address(context, 0), port)
                .ownShards()
                .job(job);
    }

    /** Without the port that Spark may tell. */
    private static String address(BarrierTaskContext context, int task) {
        final String address = context.getTaskInfos()[task].address();
        final int colon = address.lastIndexOf(':');
        return colon < 0 || address.endsWith("]") ? address : address.substring(0, colon);
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new FinetuneException("There is no free port on this host: " + e, e);
        }
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
