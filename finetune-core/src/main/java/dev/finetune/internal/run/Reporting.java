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
import dev.finetune.nn.Parameter;
import dev.finetune.record.Course;
import dev.finetune.record.DataPart;
import dev.finetune.record.FitRecord;
import dev.finetune.record.FittedModel;
import dev.finetune.record.Lengths;
import dev.finetune.record.Outcomes;
import dev.finetune.report.LayerSummary;
import dev.finetune.spi.FitWatcher;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSource;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WrittenSamples;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The report of a fit, if one was asked for: takes what is known while the fit goes on, shows it to who watches, and writes it when
 * it has ended. A report that can't be written or shown is warned of: the model isn't lost.
 */
final class Reporting<I> {
    private static final String TRAINING = "training";
    private static final String VALIDATION = "validation";

    private final Optional<Path> page;
    private final List<FitWatcher> watchers;
    private final List<FitWatcher> opened = new ArrayList<>();
    private final boolean isWarningShown;
    private final String started = Instant.now().toString();
    private final CourseListener course = new CourseListener();
    private final List<Finding> findings = new ArrayList<>();
    private long truncated;
    private Optional<WrittenSamples> samples = Optional.empty();
    private Optional<Lengths> trainingLengths = Optional.empty();
    private Optional<Lengths> validationLengths = Optional.empty();

    Reporting(Draft draft, TrainingListener listener) {
        this.page = draft.watch().report();
        this.watchers = draft.watch().listeners().stream()
                .filter(FitWatcher.class::isInstance)
                .map(FitWatcher.class::cast)
                .toList();
        this.isWarningShown = listener.showsWarnings();
    }

    /** Refuses, before anything is computed, what could not be written in the end, or not be shown. */
    void check() {
        page.ifPresent(ReportWriter::check);
        for (FitWatcher watcher : watchers) {
            watcher.opening();
            opened.add(watcher);
        }
    }

    /** Whether anything of the fit is written or shown. */
    private boolean isWanted() {
        return page.isPresent() || !watchers.isEmpty();
    }

    /** What is told how training goes. */
    TrainingListener listener() {
        return isWanted() ? course : new TrainingListener() {};
    }

    void found(List<Finding> found) {
        findings.addAll(found);
    }

    /** Takes what the model wrote by now. */
    void sampled(WrittenSamples written) {
        samples = Optional.of(written);
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
        return isWanted() && encoder.hasLengths() && source instanceof EncodedRows rows
                ? Optional.of(Lengths.of(
                        rows.rows().stream().mapToInt(Encoded::length).toArray(), cut))
                : Optional.empty();
    }

    /**
     * Shows who watches all that is known before the first step.
     *
     * @param settings every setting, a line each
     */
    void begins(LoadedModel<I> model, String settings, Dataset<I> train, Optional<Dataset<I>> validation) {
        if (!watchers.isEmpty()) {
            final Course none = Course.ongoing(0, List.of(), List.of(), 0);
            watch(
                    FitWatcher::begins,
                    () -> record(
                            model,
                            settings,
                            parts(train, validation),
                            none,
                            Outcomes.none("The validation data is predicted once more when training has ended.")));
        }
    }

    /** Writes and shows the report of a fit that came to its end. */
    void ended(Trained<I> trained, Dataset<I> train, Optional<Dataset<I>> validation) {
        final Made made = () -> {
            final long start = System.nanoTime();
            final Outcomes outcomes = page.isEmpty()
                    ? Outcomes.none("The validation data was not predicted once more, for no report is written.")
                    : validation
                            .map(data -> new OutcomeReading<>(trained.model(), trained.settings()).of(data))
                            .orElseGet(() -> Outcomes.none("There was no validation data."));
            final double seconds = (System.nanoTime() - start) / 1e9;
            return new FitRecord(
                    fitted(trained.model()),
                    SettingsText.settings(trained.provenance().settings()),
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
                            .toList(),
                    samples);
        };
        over(made);
    }

    /**
     * Writes and shows the report of a training that failed on its way; writes none if it didn't get anywhere.
     *
     * @param settings every setting, a line each
     */
    void failed(
            LoadedModel<I> model, String settings, Exception why, Dataset<I> train, Optional<Dataset<I>> validation) {
        if (course.hasBegun() || !watchers.isEmpty()) {
            over(() -> record(
                    model,
                    settings,
                    parts(train, validation),
                    course.failed(String.valueOf(why.getMessage())),
                    Outcomes.none("Training failed, so that there are no weights to predict with.")));
        }
    }

    private FitRecord record(
            LoadedModel<I> model, String settings, List<DataPart> parts, Course now, Outcomes outcomes) {
        return new FitRecord(
                fitted(model),
                SettingsText.settings(settings),
                parts,
                findings,
                LayerSummary.rows(model.assembly().network(), model::isOfAdapter),
                now,
                Optional.empty(),
                outcomes,
                MachineFacts.now(started, model.isOnCpu(), 0, 0),
                List.of(),
                samples);
    }

    /** What makes a record. */
    private interface Made {
        FitRecord get();
    }

    /** Makes the record once, writes it where it is wanted, and shows it. */
    private void over(Made made) {
        if (!isWanted()) {
            return;
        }
        final Made once = new Made() {
            private @Nullable FitRecord fit;

            @Override
            public FitRecord get() {
                fit = fit == null ? made.get() : fit;
                return fit;
            }
        };
        page.filter(file -> course.hasBegun()).ifPresent(file -> write(file, once));
        watch(FitWatcher::ended, once);
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

    private void watch(BiConsumer<FitWatcher, FitRecord> event, Made made) {
        for (FitWatcher watcher : watchers) {
            try {
                event.accept(watcher, made.get());
            } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
                Warnings.say(
                        Fitting.LOG,
                        "This fit couldn't be shown by " + watcher.getClass().getName() + ": " + e + ". It goes on.",
                        isWarningShown);
            }
        }
    }

    /** Nothing is shown any more. */
    void close() {
        for (FitWatcher watcher : opened) {
            try {
                watcher.closing();
            } catch (RuntimeException e) {
                Warnings.say(Fitting.LOG, watcher.getClass().getName() + " couldn't be closed: " + e, isWarningShown);
            }
        }
    }

    static FittedModel fitted(LoadedModel<?> model) {
        final Task task = model.assembly().task();
        return new FittedModel(
                ModelPlace.shown(model.base()),
                task.head().kind(),
                task.head().toString(),
                task.labels(),
                task.mainMetric(),
                model.method()
                        .map(how -> how.on(model.assembly().network().parameters().stream()
                                .map(Parameter::name)
                                .toList()))
                        .map(SettingLines::text),
                model.assembly().report().summaryOfTrained());
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
