package dev.finetune.examples;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.metrics.Metrics;
import dev.finetune.train.EpochReport;
import dev.finetune.train.TrainingHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** The options that say what becomes of a trained model, and the last line that tells how it went. */
final class ResultOptions {
    /** The name of a report in a model's directory. */
    static final String REPORT = "report.html";

    @Option(names = "--out", description = "Where to save the model; nowhere by default.")
    private String out = "";

    @Option(names = "--adapter-out", description = "Where to save what --lora or --ia3 trained, as PEFT does.")
    private String adapterOut = "";

    @Option(
            names = "--overwrite",
            description = "Replace what lies in --out and --adapter-out, whoever saved it there.")
    private boolean overwrite;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description =
                    "Where to write a page of HTML that shows the fit, with rows of the data; by default report.html in"
                            + " --out (or --adapter-out). Beside it goes what it shows as JSON, for the command compare.")
    private Optional<Path> report = Optional.empty();

    @Option(names = "--no-report", description = "Write no report.")
    private boolean noReport;

    @Option(names = "--summary", description = "Print the layers, their shapes, and what is trained.")
    private boolean summary;

    /**
     * Refuses, before anything is trained, what could not be saved in the end.
     *
     * @param training says whether there will be an adapter, and a whole model
     */
    void check(TrainingOptions training) {
        if (!out.isEmpty() && training.roundsBase()) {
            throw new WrongUsage("--out saves the whole model, which --base keeps rounded: save what is learned with"
                    + " --adapter-out; merge it, where it is to be, into the model as it was published.");
        }
        if (!adapterOut.isEmpty() && !training.adapts()) {
            throw new WrongUsage("--adapter-out saves what --lora or --ia3 trains: give one of them, or --out to"
                    + " save the whole model.");
        }
        if (noReport && report.isPresent()) {
            throw new WrongUsage("--report and --no-report contradict each other: leave one of them out.");
        }
        if (!out.isEmpty()) {
            Output.checkModel("--out", Path.of(out), overwrite());
        }
        if (!adapterOut.isEmpty()) {
            Output.checkAdapter("--adapter-out", Path.of(adapterOut), overwrite());
        }
        if (!out.isEmpty()
                && Path.of(out).toAbsolutePath().equals(Path.of(adapterOut).toAbsolutePath())) {
            throw new WrongUsage("--out and --adapter-out name the same folder; libraries that find a model and"
                    + " an adapter in one take them together: name two.");
        }
    }

    /** Where something is saved, and checkpoints before it; empty where nothing is. */
    Optional<Path> directory() {
        return Stream.of(out, adapterOut)
                .filter(name -> !name.isEmpty())
                .map(Path::of)
                .findFirst();
    }

    /** The tuner, with a report where one is wanted. */
    FineTuner reporting(FineTuner tuner) {
        return page().map(tuner::report).orElse(tuner);
    }

    private Optional<Path> page() {
        return noReport ? Optional.empty() : report.or(() -> directory().map(directory -> directory.resolve(REPORT)));
    }

    private Overwrite overwrite() {
        return overwrite ? Overwrite.ANY : Overwrite.OURS;
    }

    /** Prints the layers, if asked to, and the metrics. */
    void show(FineTuned<?> tuned) {
        if (summary) {
            System.out.println(tuned.summary());
        }
        System.out.println();
        System.out.println(evaluation(tuned).map(Metrics::toString).orElse("not evaluated: it was stopped before"));
    }

    /** Empty where training was stopped before these weights were evaluated. */
    private static Optional<Metrics> evaluation(FineTuned<?> tuned) {
        return tuned.history().flatMap(TrainingHistory::kept).flatMap(EpochReport::validation);
    }

    /** Saves the model, if asked to: at once after training, so that nothing that follows can lose it. */
    void save(FineTuned<?> tuned) {
        if (!out.isEmpty()) {
            tuned.save(Path.of(out), overwrite());
            System.out.println("saved to " + Path.of(out).toAbsolutePath());
        }
        if (!adapterOut.isEmpty()) {
            tuned.saveAdapter(Path.of(adapterOut), overwrite());
            System.out.println("the adapter is in " + Path.of(adapterOut).toAbsolutePath());
        }
        page().filter(Files::isRegularFile)
                .ifPresent(page -> System.out.println("the report is in " + page.toAbsolutePath()));
        directory().ifPresent(saved -> CheckpointOptions.done(tuned, saved));
    }

    /** Prints the last line: one JSON object. */
    void finish(String what, FineTuned<?> tuned, long rows, double start) {
        System.out.println(new Gson().toJson(json(what, tuned, rows, start)));
    }

    /**
     * What the last line holds.
     *
     * @param what the command
     * @param rows how many training rows there are, -1 where not known
     * @param start seconds from the start of the process to the command's own work
     */
    static JsonObject json(String what, FineTuned<?> tuned, long rows, double start) {
        final TrainingHistory history = tuned.history().orElseThrow();
        final JsonObject json = new JsonObject();
        json.addProperty("what", what);
        final JsonArray perEpoch = new JsonArray();
        for (EpochReport report : history.epochs()) {
            report.validation()
                    .filter(metrics -> metrics.names().contains("accuracy"))
                    .ifPresent(metrics -> perEpoch.add(metrics.get("accuracy")));
        }
        json.add("accuracy_per_epoch", perEpoch);
        evaluation(tuned).ifPresent(metrics -> json.add("evaluation", metrics.toJson()));
        json.addProperty("end", history.ended());
        json.addProperty("import_s", rounded(start));
        json.addProperty("tokenize_s", rounded(tuned.provenance().encodingSeconds()));
        json.addProperty("train_s", rounded(history.seconds()));
        json.addProperty("total_s", rounded(ProcessFacts.secondsSinceStart()));
        json.addProperty("train_samples", rows);
        final long seen =
                history.steps().stream().mapToLong(step -> step.rows()).sum();
        json.addProperty("samples_per_s", rounded(seen / history.seconds()));
        json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
        return json;
    }

    static double rounded(double value) {
        return Math.round(value * 100) / 100.0;
    }
}
