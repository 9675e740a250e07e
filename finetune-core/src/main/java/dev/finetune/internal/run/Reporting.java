package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Label;
import dev.finetune.internal.Folders;
import dev.finetune.internal.SettingLines;
import dev.finetune.internal.Warnings;
import dev.finetune.record.Course;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.FittedModel;
import dev.finetune.record.Lengths;
import dev.finetune.record.Outcomes;
import dev.finetune.record.Setting;
import dev.finetune.report.LayerSummary;
import dev.finetune.report.Provenance;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSource;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.TrainingListener;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The report of a fit, if one was asked for: takes what is known while the fit goes on, and writes it when it has ended. A report
 * that can't be written is warned of: the model isn't lost.
 */
final class Reporting<I> {
    private static final String TRAINING = "training";
    private static final String VALIDATION = "validation";

    private final Optional<Path> page;
    private final boolean isWarningShown;
    private final String started = Instant.now().toString();
    private final CourseListener course = new CourseListener();
    private final List<Finding> findings = new ArrayList<>();
    private long truncated;
    private Optional<Lengths> trainingLengths = Optional.empty();
    private Optional<Lengths> validationLengths = Optional.empty();

    Reporting(Draft draft, TrainingListener listener) {
        this.page = draft.watch().report();
        this.isWarningShown = listener.showsWarnings();
    }

    /** Refuses, before anything is computed, what could not be written in the end. */
    void check() {
        page.ifPresent(ReportWriter::check);
    }

    /** What is told how training goes. */
    TrainingListener listener() {
        return page.isPresent() ? course : new TrainingListener() {};
    }

    void found(List<Finding> found) {
        findings.addAll(found);
    }

    /** Takes the rows that were encoded to learn from, of which so many were cut. */
    void training(BatchSource rows, InputEncoder<I> encoder) {
        trainingLengths = lengths(rows, encoder, encoder.truncated());
        truncated = encoder.truncated();
    }

    /** Takes the rows that were encoded to evaluate on, after those to learn from. */
    void validation(BatchSource rows, InputEncoder<I> encoder) {
        validationLengths = lengths(rows, encoder, encoder.truncated() - truncated);
    }

    private Optional<Lengths> lengths(BatchSource source, InputEncoder<I> encoder, long cut) {
        return page.isPresent() && encoder.hasLengths() && source instanceof EncodedRows rows
                ? Optional.of(Lengths.of(
                        rows.rows().stream().mapToInt(Encoded::length).toArray(), cut))
                : Optional.empty();
    }

    /** Writes the report of a fit that came to its end. */
    void ended(Trained<I> trained, Dataset<I> train, Optional<Dataset<I>> validation) {
        page.ifPresent(file -> write(file, () -> {
            final long start = System.nanoTime();
            final Outcomes outcomes = validation
                    .map(data -> new OutcomeReading<>(trained.model(), trained.settings()).of(data))
                    .orElseGet(() -> Outcomes.none("There was no validation data."));
            final double seconds = (System.nanoTime() - start) / 1e9;
            return new FitRecord(
                    fitted(trained.model()),
                    settings(trained.provenance().settings()),
                    parts(train, validation),
                    findings,
                    LayerSummary.rows(trained.model().assembly().network(), trained.model()::isOfAdapter),
                    Course.of(trained.history().orElseThrow()),
                    trained.evaluation(),
                    outcomes,
                    MachineFacts.now(
                            started,
                            trained.model().isOnCpu(),
                            trained.provenance().encodingSeconds(),
                            seconds),
                    trained.provenance().warnings().stream()
                            .map(Folders::hidden)
                            .toList());
        }));
    }

    /**
     * Writes the report of a training that failed on its way, if it got anywhere.
     *
     * @param settings every setting, a line each
     */
    void failed(
            LoadedModel<I> model, String settings, Exception why, Dataset<I> train, Optional<Dataset<I>> validation) {
        page.filter(file -> course.hasBegun())
                .ifPresent(file -> write(
                        file,
                        () -> new FitRecord(
                                fitted(model),
                                settings(settings),
                                parts(train, validation),
                                findings,
                                LayerSummary.rows(model.assembly().network(), model::isOfAdapter),
                                course.failed(String.valueOf(why.getMessage())),
                                Optional.empty(),
                                Outcomes.none("Training failed, so that there are no weights to predict with."),
                                MachineFacts.now(started, model.isOnCpu(), 0, 0),
                                List.of())));
    }

    /** What makes a record. */
    private interface Made {
        FitRecord get();
    }

    private void write(Path file, Made made) {
        try {
            ReportWriter.write(file, made.get());
        } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            Warnings.say(
                    Fitting.LOG,
                    "The report of this fit couldn't be written to " + file + ": " + e
                            + ". The model is there all the same.",
                    isWarningShown);
        }
    }

    private static FittedModel fitted(LoadedModel<?> model) {
        final Task task = model.assembly().task();
        return new FittedModel(
                ModelPlace.shown(model.base()),
                task.head().kind(),
                task.head().toString(),
                task.labels(),
                task.mainMetric(),
                model.method().map(SettingLines::text),
                model.assembly().report().summaryOfTrained());
    }

    private static List<Setting> settings(String lines) {
        return lines.lines()
                .map(line -> {
                    final int colon = line.indexOf(": ");
                    final boolean isDefault = line.endsWith(Provenance.DEFAULT);
                    return new Setting(
                            line.substring(0, colon),
                            line.substring(colon + 2, line.length() - (isDefault ? Provenance.DEFAULT.length() : 0)),
                            isDefault);
                })
                .toList();
    }

    private List<DataPart> parts(Dataset<I> train, Optional<Dataset<I>> validation) {
        final List<DataPart> parts = new ArrayList<>();
        parts.add(part(TRAINING, train, trainingLengths));
        validation.ifPresent(data -> parts.add(part(VALIDATION, data, validationLengths)));
        return parts;
    }

    private DataPart part(String name, Dataset<I> data, Optional<Lengths> lengths) {
        return new DataPart(name, Folders.hidden(data.describe()), data.size().orElse(-1), classes(data), lengths);
    }

    /** Of data in memory whose labels are of classes. */
    private Map<String, Long> classes(Dataset<I> data) {
        final Iterator<Example<I>> examples =
                data.size().isEmpty() ? List.<Example<I>>of().iterator() : data.iterator();
        final Label first = examples.hasNext() ? examples.next().label() : Label.none();
        final boolean areThere =
                first instanceof Label.Category || first instanceof Label.Categories || first instanceof Label.Tags;
        return areThere ? ClassCounts.of(data).counts() : Map.of();
    }
}
