package dev.finetune.internal.run;

import dev.finetune.batch.Encoded;
import dev.finetune.batch.InputEncoder;
import dev.finetune.calibration.Calibration;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.data.DataCheck;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Finding;
import dev.finetune.data.SharedCheck;
import dev.finetune.data.Split;
import dev.finetune.data.TokenCount;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.DataForHead;
import dev.finetune.internal.Listed;
import dev.finetune.internal.Warnings;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Network;
import dev.finetune.report.LayerSummary;
import dev.finetune.report.ProgressLog;
import dev.finetune.report.Provenance;
import dev.finetune.task.DecidingMetric;
import dev.finetune.task.Task;
import dev.finetune.train.BatchSource;
import dev.finetune.train.Checkpointing;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.StreamedRows;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WrittenSamples;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a tuner, top to bottom: look at the data, load the model, encode, train, evaluate. */
public final class Fitting<I> {
    /** Logs under the name of the class that users know. */
    static final Logger LOG = LoggerFactory.getLogger("dev.finetune.FineTuner");

    private static final int MOST_NAMED = 4;

    private final Draft draft;
    private final boolean isCompanion;
    private final TrainingSettings settings;
    private final TrainingListener listener;
    private final Reporting<I> reporting;

    public Fitting(Draft said) {
        this.isCompanion = Sharing.isCompanion(said.processes());
        this.draft = isCompanion ? said.unseen() : said;
        this.settings = draft.settings();
        this.listener = GuardedListener.all(draft.watch().listeners(), LOG);
        this.reporting = new Reporting<>(draft, listener);
    }

    public Trained<I> fit(Dataset<I> train, Optional<Dataset<I>> validation) {
        try (Sharing sharing = Sharing.of(draft.processes(), train, validation)) {
            return fit(train, validation, sharing);
        } finally {
            close();
        }
    }

    /** The same of data of which a part is held back, with the head's labels: a rare one may only be in that part. */
    public Trained<I> fit(Split<I> split, Dataset<I> whole) {
        final Optional<Dataset<I>> validation = Optional.of(split.validation());
        try (Sharing sharing = Sharing.of(draft.processes(), split.train(), validation)) {
            final Fitting<I> knowing = knowing(whole, sharing);
            try {
                return knowing.fit(split.train(), validation, sharing);
            } finally {
                knowing.close();
            }
        }
    }

    private Fitting<I> knowing(Dataset<I> whole, Sharing sharing) {
        try {
            return new Fitting<>(draft.head(LoadedModel.head(draft, sharing.labels(whole))));
        } catch (RuntimeException | Error e) {
            sharing.fail(e);
            throw e;
        }
    }

    private Trained<I> fit(Dataset<I> train, Optional<Dataset<I>> validation, Sharing sharing) {
        final List<String> warnings = new ArrayList<>();
        try {
            return fit(prepare(train, validation, sharing, warnings), train, validation, sharing, warnings);
        } catch (RuntimeException | Error e) {
            sharing.fail(e);
            throw e;
        }
    }

    private Trained<I> fit(
            Prepared<I> prepared,
            Dataset<I> train,
            Optional<Dataset<I>> validation,
            Sharing sharing,
            List<String> warnings) {
        final LoadedModel<I> model = prepared.model();
        try {
            final Trainer trainer = sharing.among(new Trainer(
                            model.assembly().network(),
                            model.assembly().task(),
                            settings,
                            model.device(),
                            keeping(warnings),
                            draft.cancellation())
                    .with(checkpointing(draft, Map.of(), model)));
            final Optional<SampleWriting<I>> writing = SampleWriting.of(draft, model, validation);
            final Optional<WrittenSamples> before = writing.map(SampleWriting::before);
            before.ifPresent(this::sampledBefore);
            reporting.begins(model, SettingsText.describe(draft), train, validation);
            final TrainingHistory history;
            try {
                history = trainer.train(prepared.training(), prepared.evaluation());
            } catch (RuntimeException e) {
                reporting.failed(model, SettingsText.describe(draft), e, train, validation);
                throw e;
            }
            sharing.close(); // What is still to be done is done by process 0.
            final Optional<WrittenSamples> samples =
                    writing.map(some -> some.after(before.orElseThrow(), told -> warn(told, warnings)));
            samples.ifPresent(this::sampled);
            final Optional<Metrics> metrics = history.kept().flatMap(report -> report.validation());
            final Trained<I> trained = new Trained<>(
                    model,
                    new Provenance(
                            ModelPlace.shown(model.base()),
                            draft.maxLength(),
                            SettingsText.describe(draft),
                            sharing.describe(train),
                            validation.map(sharing::describe).orElse("none"),
                            warnings,
                            prepared.encodingSeconds()),
                    settings,
                    Optional.of(history),
                    metrics,
                    samples,
                    isCompanion);
            reporting.ended(trained, train, validation);
            return trained;
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * Looks at the data, loads the model, and encodes the rows: all that comes before training. What it warns of is told to the
     * listeners, too.
     */
    Prepared<I> prepare(Dataset<I> train, Optional<Dataset<I>> validation, List<String> warnings) {
        return prepare(train, validation, Sharing.ALONE, warnings);
    }

    private Prepared<I> prepare(
            Dataset<I> train, Optional<Dataset<I>> validation, Sharing sharing, List<String> warnings) {
        if (validation.isEmpty()
                && (settings.keepBest().isPresent() || settings.earlyStopping().isPresent())) {
            throw new FinetuneException("Early stopping and keeping the best weights need data to evaluate on: call"
                    + " fit(train, validation), or fit(dataset), which holds a part back.");
        }
        final long loadingStart = System.nanoTime();
        final Optional<SharedCheck> parts =
                sharing.seesAll() ? Optional.empty() : lookAtParts(train, validation, sharing, warnings);
        if (sharing.seesAll() && sharing.looksAtData()) {
            lookAt(train, validation, warnings);
        }
        final Optional<Dataset<I>> deciding = sharing.seesAll()
                ? validation
                : validation.flatMap(
                        data -> parts.flatMap(SharedCheck::validation).flatMap(all -> sharing.ofEachClass(data, all)));
        final Dataset<I> own = sharing.part(train, "training");
        final LoadedModel<I> model = LoadedModel.openToTrain(draft, sharing.labels(train));
        try {
            validation.ifPresent(
                    data -> DataForHead.check(model.assembly().task().head(), data));
            ModelCheck.warnings(draft, settings, model.assembly().network())
                    .forEach(warning -> warn(warning, warnings));
            deciding.ifPresent(data -> checkDeciding(model, data));
            final long encodingStart = System.nanoTime();
            final BatchSource training = sharing.each(() -> trainingRows(own, model, sharing, warnings));
            reporting.training(training, model.assembly().encoder(), sharing);
            final long examples = sharing.total(own.size().orElse(0));
            warnOfTruncation(examples, sharing.total(model.assembly().encoder().truncated()), warnings);
            warnOfLeftOut(examples, own, model.assembly().encoder(), sharing, warnings);
            final Optional<BatchSource> evaluation = sharing.part(validation, "validation")
                    .map(v -> sharing.each(
                            () -> RowsOfData.toEvaluate(v, model.assembly().encoder(), settings, "validation")));
            evaluation.ifPresent(
                    rows -> reporting.validation(rows, model.assembly().encoder(), sharing));
            return new Prepared<>(
                    model,
                    training,
                    evaluation,
                    (encodingStart - loadingStart) / 1e9,
                    (System.nanoTime() - encodingStart) / 1e9);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /** Which checkpoints a training reads and writes. */
    static Checkpointing checkpointing(Draft draft, Map<String, Object> more, LoadedModel<?> model) {
        return new Checkpointing(
                draft.runs().written(), draft.runs().resumed(), SettingsText.identity(draft, more, model));
    }

    public Trained<I> untrained(Class<I> inputType) {
        return ModelReading.whole(
                draft,
                now -> ofSavedLength(now).read(known -> LoadedModel.open(known, Optional.empty(), inputType)),
                Trained::close);
    }

    public Trained<I> untrained(Dataset<I> dataset) {
        return ModelReading.whole(
                draft,
                now -> Fitting.<I>ofSavedLength(now)
                        .read(known -> LoadedModel.open(known, Optional.of(dataset), dataset.inputType())),
                Trained::close);
    }

    /** The model as its checkpoint was saved, whatever kind of input it reads. */
    public static Trained<?> saved(Draft draft) {
        return ModelReading.<Trained<?>>whole(
                draft,
                now -> ofSavedLength(now).read(known -> LoadedModel.open(known, Optional.empty())),
                Trained::close);
    }

    private <J> Trained<J> read(Function<Draft, LoadedModel<J>> open) {
        return untrained(open.apply(draft));
    }

    /** A model that is used as it was saved reads inputs of the length that it was trained with. */
    private static <J> Fitting<J> ofSavedLength(Draft draft) {
        if (draft.maxLength() > 0 || draft.head().isPresent()) {
            return new Fitting<>(draft);
        }
        final ModelSource source = draft.source();
        return new Fitting<>(draft.maxLength(ModelPlace.localDirectory(source.name())
                .map(source.places())
                .map(ModelRecord::maxLength)
                .orElse(0)));
    }

    private <J> Trained<J> untrained(LoadedModel<J> model) {
        try {
            final List<String> warnings = new ArrayList<>();
            warnOfModules(model, true, warnings);
            draft.adapter()
                    .directory()
                    .filter(directory -> !model.random().isEmpty())
                    .ifPresent(directory -> warn(
                            "Neither the base nor the adapter in " + ModelPlace.shown(directory.toString()) + " has "
                                    + Listed.few(model.random())
                                    + ": they are random, and so is what the model says until it is trained.",
                            warnings));
            model.newHead().ifPresent(told -> keep(told + " What it says is random until it is trained.", warnings));
            return new Trained<>(
                    model.calibrated(savedCalibration(model)),
                    new Provenance(
                            ModelPlace.shown(model.base()),
                            draft.maxLength(),
                            SettingsText.describe(draft),
                            "none",
                            "none",
                            warnings,
                            0),
                    settings,
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    isCompanion);
        } catch (RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    /**
     * What was trained without being evaluated.
     *
     * @param more settings of the way that it was trained
     */
    Trained<I> unevaluated(
            LoadedModel<I> model,
            Map<String, Object> more,
            Dataset<I> train,
            List<String> warnings,
            TrainingHistory history) {
        return ended(model, more, train, Optional.empty(), warnings, history, Optional.empty());
    }

    /**
     * What was trained.
     *
     * @param more settings of the way that it was trained
     * @param samples what the model wrote before and after, if that was asked for
     */
    Trained<I> ended(
            LoadedModel<I> model,
            Map<String, Object> more,
            Dataset<I> train,
            Optional<Dataset<I>> validation,
            List<String> warnings,
            TrainingHistory history,
            Optional<WrittenSamples> samples) {
        final Trained<I> trained = new Trained<>(
                model,
                new Provenance(
                        ModelPlace.shown(model.base()),
                        draft.maxLength(),
                        SettingsText.describe(draft, more),
                        train.describe(),
                        validation.map(Dataset::describe).orElse("none"),
                        warnings,
                        0),
                settings,
                Optional.of(history),
                history.kept().flatMap(report -> report.validation()),
                samples,
                isCompanion);
        reporting.ended(trained, train, validation);
        return trained;
    }

    /** Shows who watches that a training without validation data begins, with settings of the way that it is trained. */
    void begins(LoadedModel<I> model, Map<String, Object> more, Dataset<I> train) {
        begins(model, more, train, Optional.empty());
    }

    /** Shows who watches that a training begins, with settings of the way that it is trained. */
    void begins(LoadedModel<I> model, Map<String, Object> more, Dataset<I> train, Optional<Dataset<I>> validation) {
        reporting.begins(model, SettingsText.describe(draft, more), train, validation);
    }

    /** Shows who watches what the model wrote before training. */
    void sampledBefore(WrittenSamples before) {
        reporting.sampled(before);
    }

    /** Shows who watches, and listens, what the model wrote before training and after. */
    void sampled(WrittenSamples written) {
        reporting.sampled(written);
        listener.sampled(written);
    }

    /** Nobody watches any more. */
    void close() {
        reporting.close();
    }

    /** Reports a training without validation data that failed on its way, with settings of the way that it was trained. */
    void failed(LoadedModel<I> model, Map<String, Object> more, Exception why, Dataset<I> train) {
        failed(model, more, why, train, Optional.empty());
    }

    /** Reports a training that failed on its way, with settings of the way that it was trained. */
    void failed(
            LoadedModel<I> model,
            Map<String, Object> more,
            Exception why,
            Dataset<I> train,
            Optional<Dataset<I>> validation) {
        reporting.failed(model, SettingsText.describe(draft, more), why, train, validation);
    }

    /** Says in what a head's vectors differ from those of sentence-transformers, where that knows the model. */
    void warnOfModules(LoadedModel<?> model, boolean lengthMatters, List<String> warnings) {
        model.assembly()
                .task()
                .head()
                .pooling()
                .flatMap(pooling -> SentenceModules.difference(model.directory(), pooling, lengthMatters))
                .ifPresent(difference -> warn(difference, warnings));
    }

    /** An adapter's, which was saved with its head, else the checkpoint's: where that head is used, be it in another order. */
    private Calibration savedCalibration(LoadedModel<?> model) {
        if (model.rows() instanceof OutputRows.Anew) {
            return Calibration.NONE;
        }
        final Calibration saved = Calibration.read(draft.adapter().directory().orElse(model.directory()));
        return model.rows() instanceof OutputRows.Moved moved ? saved.moved(moved.from()) : saved;
    }

    public String summary() {
        try (LoadedModel<?> model = ModelReading.<LoadedModel<?>>whole(
                draft, now -> LoadedModel.open(now, Optional.empty()), LoadedModel::close)) {
            return LayerSummary.of(model.assembly().network());
        }
    }

    /** Looks, before a model is loaded, at the data, and at whether a report could be written. */
    void lookAt(Dataset<I> train, Optional<Dataset<I>> validation, List<String> warnings) {
        reporting.check();
        if (train.size().isEmpty()) {
            return;
        }
        tell(validation.isPresent() ? DataCheck.check(train, validation.get()) : DataCheck.check(train), warnings);
    }

    /** The same, where each process has its own part of the data: all of them find what there is in the whole, and process 0 tells it. */
    private Optional<SharedCheck> lookAtParts(
            Dataset<I> train, Optional<Dataset<I>> validation, Sharing sharing, List<String> warnings) {
        reporting.check();
        sharing.refuseNone(train, "training");
        validation.ifPresent(data -> sharing.refuseNone(data, "validation"));
        final boolean isCounted = sharing.all(train.size().isPresent());
        final Optional<SharedCheck> found =
                isCounted ? Optional.of(SharedCheck.of(train, validation, sharing::gather)) : Optional.empty();
        reporting.ofParts(found, sharing::describe);
        found.ifPresent(check -> tell(check.findings(), warnings));
        return found;
    }

    private void tell(List<Finding> found, List<String> warnings) {
        final List<Finding> findings =
                found.stream().filter(finding -> !isMadeUpFor(finding)).toList();
        reporting.found(findings);
        for (Finding finding : findings) {
            if (finding.severity() == Finding.Severity.ERROR) {
                throw new FinetuneException(finding.message());
            }
            if (!isCompanion) { // Process 0 says the same.
                Warnings.say(LOG, finding.message(), listener.showsWarnings());
            }
            listener.warned(finding.message());
            warnings.add(finding.withoutText()); // What is kept is published with the model.
        }
    }

    /** Whether the settings do already what a finding advises: rare classes are drawn as often as others, or weigh as much. */
    private boolean isMadeUpFor(Finding finding) {
        return finding.code() == Finding.Code.IMBALANCE
                && (settings.batching().balancedSampling()
                        || draft.loss().weighting().balanced());
    }

    /** Before anything is trained: what decides must be a number on this validation data. */
    private void checkDeciding(LoadedModel<I> model, Dataset<I> validation) {
        final Task task = model.assembly().task();
        final Set<String> deciding = new LinkedHashSet<>();
        if (settings.keepBest().isPresent()) {
            deciding.add(settings.bestMetric());
        }
        settings.earlyStopping().map(EarlyStopping::metric).ifPresent(deciding::add);
        deciding.forEach(metric ->
                DecidingMetric.check(metric.isEmpty() ? task.mainMetric() : metric, task.labels(), validation));
    }

    void warnOfTruncation(long rows, long truncated, List<String> warnings) {
        if (rows > 0 && truncated * 20 > rows) {
            warn(
                    truncated + " of " + rows + " training inputs are longer than the model reads and were "
                            + "cut; a larger maxLength, where the model has one, or shorter texts help.",
                    warnings);
        }
    }

    /** Names the first rows of which nothing was left to learn, whichever process has them. */
    private void warnOfLeftOut(
            long rows, Dataset<I> own, InputEncoder<I> encoder, Sharing sharing, List<String> warnings) {
        final long leftOut = sharing.total(encoder.leftOut());
        if (rows > 0 && leftOut > 0) {
            final List<String> all = sharing.rows(leftOut(own, encoder));
            final List<String> named = all.subList(0, Math.min(MOST_NAMED, all.size()));
            warn(
                    leftOut + " of " + rows
                            + " training examples are left out, since what is to be learned of them isn't"
                            + " there or lies beyond the maximum length (" + encoder.mostTokens() + " tokens)"
                            + (named.isEmpty()
                                    ? "."
                                    : ": " + String.join(", ", named) + (named.size() < leftOut ? " and others" : "")
                                            + " (rows counted from 1)."),
                    warnings);
        }
    }

    /** The first of them that this process has, counted from 1. */
    private List<Long> leftOut(Dataset<I> own, InputEncoder<I> encoder) {
        final long leftOut = encoder.leftOut();
        final List<Long> found = new ArrayList<>();
        long row = 0;
        for (Iterator<Example<I>> examples = own.iterator();
                examples.hasNext() && found.size() < MOST_NAMED && found.size() < leftOut; ) {
            row++;
            if (encoder.count(examples.next()).filter(TokenCount::answerLost).isPresent()) {
                found.add(row);
            }
        }
        return found;
    }

    /** How a training visits rows. */
    EncodedRows.Order order(LoadedModel<I> model, long seed) {
        final Network network = model.assembly().network();
        // On a GPU parts cost more than padding; a batch norm would take each part's own mean and variance. What
        // gradient checkpointing
        // keeps has padding.
        final boolean grouped = settings.batching().groupsByLength()
                && model.device().is_cpu()
                && network.buffers().isEmpty();
        return new EncodedRows.Order(
                settings.batchSize().rows(),
                true,
                settings.batching().shuffle(),
                grouped,
                grouped
                        && (!network.canLeaveOutPadding()
                                || settings.execution().gradientCheckpointing()),
                seed);
    }

    private BatchSource trainingRows(Dataset<I> dataset, LoadedModel<I> model, Sharing sharing, List<String> warnings) {
        if (!sharing.isAlone() && settings.batching().balancedSampling()) {
            throw new FinetuneException("batching(b -> b.balancedSampling(true)) draws from all rows, of which each of"
                    + " several processes has a part: use loss(l -> l.balancedClassWeights()) with distributed(...).");
        }
        final InputEncoder<I> encoder = model.assembly().encoder();
        final EncodedRows.Order order = order(model, sharing.seed(settings.seed()));
        if (dataset.size().isEmpty()) {
            if (settings.batching().balancedSampling()) {
                throw new FinetuneException(
                        "batching(b -> b.balancedSampling(true)) needs data in memory; a stream doesn't know its"
                                + " classes in advance.");
            }
            final StreamedRows<I> source = new StreamedRows<>(dataset, encoder, order);
            return LoneRows.areTooFew(model, dataset, settings.batchSize().rows()) ? source.joiningLoneRows() : source;
        }
        final List<Encoded> rows = RowsOfData.encoded(dataset, encoder, "training");
        final EncodedRows source = new EncodedRows(rows, encoder, order);
        final EncodedRows drawn = settings.batching().balancedSampling() ? source.sampledByClass() : source;
        if (!LoneRows.areTooFew(model, source, settings.batchSize().rows())) {
            return drawn;
        }
        warn(
                rows.size() + " rows in batches of " + settings.batchSize().rows()
                        + " leave one row alone in each epoch, over which the model's batch norms can't train: it joins"
                        + " the batch before it.",
                warnings);
        return drawn.joiningLoneRows();
    }

    /** Tells the listeners, logs how it goes, and keeps what the loop warns of. */
    TrainingListener keeping(List<String> warnings) {
        return TrainingListener.all(List.of(
                listener,
                reporting.listener(),
                isCompanion ? new TrainingListener() {} : new ProgressLog(LOG),
                new TrainingListener() {
                    @Override
                    public void warned(String message) {
                        keep(message, warnings);
                    }
                }));
    }

    private void keep(String message, List<String> warnings) {
        if (!isCompanion) { // Process 0 says the same.
            Warnings.say(LOG, message, listener.showsWarnings());
        }
        warnings.add(message);
    }

    void warn(String message, List<String> warnings) {
        keep(message, warnings);
        listener.warned(message);
    }
}
