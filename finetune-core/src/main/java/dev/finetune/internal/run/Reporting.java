package dev.finetune.internal.run;

import dev.finetune.batch.InputEncoder;
import dev.finetune.data.ClassCounts;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.Label;
import dev.finetune.data.SharedCheck;
import dev.finetune.internal.Folders;
import dev.finetune.internal.SettingLines;
import dev.finetune.internal.Warnings;
import dev.finetune.metrics.Totals;
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
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
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
    private Optional<SharedCheck> counted = Optional.empty();
    private Function<Dataset<?>, String> described = Dataset::describe;
    private boolean isOfParts;
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

    /** Takes what all processes have counted together, if they have, where each was given its own part of the data. */
    void ofParts(Optional<SharedCheck> check, Function<Dataset<?>, String> description) {
        counted = check;
        described = description;
        isOfParts = true;
    }

    /** Takes the rows that were encoded to learn from, of which so many were cut; of all processes, which all call this. */
    void training(BatchSource rows, InputEncoder<I> encoder, Sharing sharing) {
        trainingLengths = lengths(rows, encoder, encoder.truncated(), sharing);
        truncated = encoder.truncated();
    }

    /** Takes the rows that were encoded to evaluate on, after those to learn from. */
    void validation(BatchSource rows, InputEncoder<I> encoder, Sharing sharing) {
        validationLengths = lengths(rows, encoder, encoder.truncated() - truncated, sharing);
    }

    private Optional<Lengths> lengths(BatchSource source, InputEncoder<I> encoder, long cut, Sharing sharing) {
        if (sharing.all(!isWanted())) {
            return Optional.empty();
        }
        final Map<String, long[]> own = new TreeMap<>();
        if (encoder.hasLengths() && source instanceof EncodedRows rows) {
            rows.rows().forEach(row -> own.computeIfAbsent(Integer.toString(row.length()), key -> new long[1])[0]++);
        }
        final SortedMap<Integer, Long> counts = new TreeMap<>();
        new Totals(sharing::gather).of(own).forEach((length, count) -> counts.put(Integer.valueOf(length), count[0]));
        final long cutOfAll = sharing.total(cut);
        return counts.isEmpty() ? Optional.empty() : Optional.of(Lengths.of(counts, cutOfAll));
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
                            .map(data -> outcomes(trained, data))
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
        final Optional<SharedCheck.Counted> all =
                counted.flatMap(check -> name.equals(TRAINING) ? Optional.of(check.train()) : check.validation());
        return new DataPart(
                name,
                Folders.hidden(described.apply(data)),
                all.map(SharedCheck.Counted::rows)
                        .orElseGet(() -> isOfParts ? -1 : data.size().orElse(-1)),
                all.map(SharedCheck.Counted::classes).orElseGet(() -> isOfParts ? Map.of() : classes(data)),
                lengths);
    }

    private Outcomes outcomes(Trained<I> trained, Dataset<I> data) {
        final Outcomes own = new OutcomeReading<>(trained.model(), trained.settings()).of(data);
        return isOfParts && !own.kept().isEmpty()
                ? new Outcomes(own.rows(), own.rule() + " They are process 0's part of them.", own.kept())
                : own;
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
