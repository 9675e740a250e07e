package dev.finetune.trackers;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.finetune.error.FinetuneException;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.WrittenSamples;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.csv.CSVFormat;
import org.jspecify.annotations.Nullable;

/**
 * Appends a training to a file, so that nothing is lost of it while it goes on: as CSV with a number a line, or as JSON Lines with an
 * event a line. Trainings are told apart by the time at which they began.
 *
 * <pre>{@code
 * tuner.listener(HistoryFile.csv(Path.of("history.csv"))).fit(dataset);
 * }</pre>
 */
public final class HistoryFile extends ScalarTracker {
    private static final String[] COLUMNS = {"training", "step", "epoch", "name", "value"};
    private static final CSVFormat CSV =
            CSVFormat.Builder.create().setRecordSeparator("\n").get();
    private static final long FLUSH_NANOS = 1_000_000_000L;

    private final Path file;
    private final boolean json;
    private final Clock clock;
    private @Nullable Writer out;
    private String training = "";
    private long flushed;

    HistoryFile(Path file, boolean json, Clock clock) {
        this.file = file;
        this.json = json;
        this.clock = clock;
    }

    /**
     * {@return a listener that appends lines of {@code training,step,epoch,name,value}: a number a line, so that metrics of any
     * name fit in}
     *
     * @param file made if it isn't there
     */
    public static HistoryFile csv(Path file) {
        return new HistoryFile(Objects.requireNonNull(file, "file"), false, Clock.systemUTC());
    }

    /**
     * {@return a listener that appends JSON objects: the training's beginning with its settings, steps, evaluations, checkpoints,
     * warnings, how it ended, and what the model wrote before and after, if that was asked for} Numbers that aren't finite are texts ("NaN").
     *
     * @param file made if it isn't there
     */
    public static HistoryFile jsonLines(Path file) {
        return new HistoryFile(Objects.requireNonNull(file, "file"), true, Clock.systemUTC());
    }

    @Override
    void begin(Plan plan, Map<String, String> settings) {
        training = clock.instant().toString();
        try {
            final boolean fresh = !Files.exists(file) || Files.size(file) == 0;
            if (!fresh) {
                checkBeginning();
            }
            out = Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            if (fresh && !json) {
                write(CSV.format((Object[]) COLUMNS));
            } else if (!fresh && !endsWithALine()) {
                write(""); // What a process that was killed left behind.
            }
        } catch (IOException e) {
            throw failure(e);
        }
        if (json) {
            final JsonObject event = event("started");
            event.addProperty("rows", plan.rows());
            event.addProperty("validation_rows", plan.validationRows());
            event.addProperty("steps", plan.steps());
            event.addProperty("trained_parameters", plan.trainedParameters());
            event.addProperty("parameters", plan.parameters());
            event.addProperty("metric", plan.metric());
            final JsonObject said = new JsonObject();
            settings.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(setting -> said.addProperty(setting.getKey(), setting.getValue()));
            event.add("settings", said);
            write(event.toString());
        }
        flush();
    }

    private void checkBeginning() throws IOException {
        final String wanted = json ? "{\"training\":" : CSV.format((Object[]) COLUMNS) + "\n";
        final String found;
        try (InputStream in = Files.newInputStream(file)) {
            found = new String(in.readNBytes(wanted.length()), StandardCharsets.UTF_8);
        }
        if (!found.equals(wanted)) {
            throw new FinetuneException(file + ": begins with \"" + found.replaceAll("\\p{Cntrl}", " ")
                    + "\", so it is no history of trainings, which begins with \"" + wanted.strip()
                    + "\". Name another file.");
        }
    }

    private boolean endsWithALine() throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            final ByteBuffer last = ByteBuffer.allocate(1);
            channel.position(channel.size() - 1).read(last);
            return last.get(0) == '\n';
        }
    }

    @Override
    void scalars(long step, double epoch, Map<String, Double> values) {
        if (json) {
            final JsonObject event = event(values.containsKey("train/loss") ? "step" : "evaluation");
            event.addProperty("step", step);
            event.add("epoch", number(epoch));
            values.forEach((name, value) -> event.add(name, number(value)));
            write(event.toString());
        } else {
            values.forEach((name, value) -> write(CSV.format(training, step, epoch, name, value)));
        }
        if (System.nanoTime() - flushed > FLUSH_NANOS) {
            flush();
        }
    }

    @Override
    public void checkpointed(Path checkpoint, long step) {
        if (json) {
            final JsonObject event = event("checkpoint");
            event.addProperty("step", step);
            event.addProperty("folder", checkpoint.toString());
            write(event.toString());
        }
    }

    @Override
    public void warned(String message) {
        if (json && out != null) {
            final JsonObject event = event("warning");
            event.addProperty("message", message);
            write(event.toString());
        }
    }

    @Override
    public void finished(TrainingHistory history) {
        if (json) {
            final JsonObject event = event("finished");
            event.addProperty("end", history.ended());
            event.add("seconds", number(history.seconds()));
            write(event.toString());
        }
        super.finished(history);
    }

    /** Training is over by then, and the file closed. */
    @Override
    public void sampled(WrittenSamples samples) {
        if (!json) {
            return;
        }
        final JsonObject event = event("samples");
        event.addProperty("settings", samples.settings());
        final JsonArray rows = new JsonArray();
        for (WrittenSamples.Row row : samples.rows()) {
            final JsonObject one = new JsonObject();
            one.addProperty("row", row.row());
            one.addProperty("prompt", row.prompt());
            one.addProperty("reference", row.reference());
            one.addProperty("before", row.before());
            row.after().ifPresent(text -> one.addProperty("after", text));
            rows.add(one);
        }
        event.add("rows", rows);
        event.add("before", numbers(samples.before()));
        samples.after().ifPresent(after -> event.add("after", numbers(after)));
        try {
            Files.writeString(file, event + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private static JsonObject numbers(Metrics metrics) {
        final JsonObject all = new JsonObject();
        metrics.names().forEach(name -> all.add(name, number(metrics.get(name))));
        return all;
    }

    @Override
    public void failed(Throwable cause) {
        if (json && out != null) {
            final JsonObject event = event("failed");
            event.addProperty("cause", cause.toString());
            write(event.toString());
        }
        super.failed(cause);
    }

    @Override
    void end(End how) {
        try {
            if (out != null) {
                out.close();
            }
        } catch (IOException e) {
            throw failure(e);
        } finally {
            out = null;
        }
    }

    private JsonObject event(String kind) {
        final JsonObject event = new JsonObject();
        event.addProperty("training", training);
        event.addProperty("event", kind);
        return event;
    }

    private static JsonElement number(double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : new JsonPrimitive(Double.toString(value));
    }

    private void write(String line) {
        if (out == null) {
            throw new IllegalStateException("no training is under way");
        }
        try {
            out.write(line);
            out.write('\n');
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private void flush() {
        try {
            if (out != null) {
                out.flush();
            }
        } catch (IOException e) {
            throw failure(e);
        }
        flushed = System.nanoTime();
    }

    private FinetuneException failure(IOException e) {
        return new FinetuneException(file + ": the history couldn't be written: " + e, e);
    }
}
