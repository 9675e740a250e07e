package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.Parameter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;

/** A training under way: where it stands, and what it computes with, which it owns. */
final class TrainingRun implements AutoCloseable {
    private static final List<TrainingHistory.End> URGENCY = List.of(
            TrainingHistory.End.FINISHED,
            TrainingHistory.End.EARLY_STOPPING,
            TrainingHistory.End.OUT_OF_TIME,
            TrainingHistory.End.STOPPED,
            TrainingHistory.End.CANCELLED);

    private final TrainingParts.Setup setup;
    private final TrainingSettings settings;
    private final BatchSource training;
    private final Optional<BatchSource> validation;
    private final List<Parameter> trained;
    private final long total;
    private final boolean trainsAgain;
    private final boolean evaluatesAgain;
    private final TrainingParts parts;
    private final StepBatches batches;
    private final TrainingStep update;
    private final Progress progress;
    private final RunCheckpoints checkpoints;
    private final Stopwatch watch = new Stopwatch();
    private final TrainingControl control;
    private final Agreement agreement;

    private final List<StepReport> steps = new ArrayList<>();
    private TrainingHistory.End end = TrainingHistory.End.FINISHED;
    private long step;
    private List<HostBatch> group = List.of();
    private double rateFactor = 1;

    /**
     * A training before its first step, or where the checkpoint left it that it is to go on from; tells of what the plan leaves
     * out.
     *
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     */
    static TrainingRun open(TrainingParts.Setup setup, BatchSource training, Optional<BatchSource> validation) {
        final TrainingRun run = new TrainingRun(setup, training, validation);
        boolean ready = false;
        try {
            run.warnOfStagesLeftOut();
            run.goOn();
            ready = true;
            return run;
        } finally {
            if (!ready) {
                run.close();
            }
        }
    }

    private TrainingRun(TrainingParts.Setup setup, BatchSource ownTraining, Optional<BatchSource> ownValidation) {
        this.setup = setup;
        this.settings = setup.settings();
        this.agreement = setup.agreement();
        this.training = SharedRows.of(ownTraining, agreement);
        this.validation = ownValidation.map(rows -> SharedRows.of(rows, agreement));
        this.trained = setup.network().trained();
        if (trained.isEmpty()) {
            throw new FinetuneException("Every parameter is frozen, so there is nothing to train.");
        }
        setup.network().parameters().forEach(Parameter::dropCopy);
        this.total = TotalSteps.of(settings, training);
        this.control = new TrainingControl(setup.checkpointing().settings(), trained);
        setup.listener().attached(control);
        setup.listener()
                .started(new TrainingListener.Plan(
                        training.rowsPerEpoch().orElse(-1),
                        validation.map(v -> v.rowsPerEpoch().orElse(-1)).orElse(0L),
                        total,
                        trained.stream().mapToLong(Parameter::count).sum(),
                        setup.network().parameters().stream()
                                .mapToLong(Parameter::count)
                                .sum(),
                        setup.task().mainMetric()));
        PlanCheck.warnings(settings, total, training.batchesPerEpoch(), validation.isPresent())
                .forEach(setup.listener()::warned);
        watch.start();
        final boolean comeAgain = isLongerThanAnEpoch();
        this.trainsAgain = comeAgain && training.repeatsRows();
        this.evaluatesAgain = comeAgain
                || settings.evaluation().everySteps() > 0
                        && settings.evaluation().everySteps() < total;
        this.progress = new Progress(setup.network(), trained, setup.task(), settings, setup.listener(), watch);
        this.parts = new TrainingParts(setup, trained, total, trainsAgain);
        this.batches = new StepBatches(
                training, settings.optimization().accumulate(), rows -> trainsAgain && parts.prefix.knows(rows));
        this.update = new TrainingStep(setup, parts, trained, training);
        boolean ready = false;
        try {
            this.checkpoints = checkpoints();
            ready = true;
        } finally {
            if (!ready) {
                parts.close();
            }
        }
    }

    private RunCheckpoints checkpoints() {
        final Checkpointing what = setup.checkpointing();
        final RunIdentity identity = what.isNone() && agreement.isAlone()
                ? RunIdentity.NONE
                : RunIdentity.of(what.settings(), setup.network(), training, validation)
                        .ofAll(agreement);
        return new RunCheckpoints(what, identity, setup.listener(), System::nanoTime);
    }

    /** Goes on from the last checkpoint, if there is one to go on from: process 0 reads it, for all. */
    private void goOn() {
        final Optional<RunCheckpoints.Found> found = checkpoints.last();
        final Optional<Resumption> own = found.map(last -> Resumption.of(last.state(), last.folder()));
        final Optional<Resumption> from = agreement.isAlone()
                ? own
                : agreement.ofLead(own.map(Resumption::toJson)).map(Resumption::of);
        if (from.isPresent()) {
            restore(from.get(), found.map(RunCheckpoints.Found::folder));
        }
    }

    /**
     * Goes on from a checkpoint.
     *
     * @param folder its files, where this is the process that reads them
     */
    private void restore(Resumption from, Optional<Path> folder) {
        final RunState state = from.state();
        step = state.step();
        batches.goOn(state.epoch(), state.stepsOfEpoch());
        steps.addAll(state.steps());
        watch.goOn(state.seconds(), state.trainingSeconds());
        parts.optimizer.restore(from.remembered());
        parts.average.restore(state.averaged());
        update.portions().goOn(state.atOnce(agreement.rank(), agreement.size()));
        parts.lossScale.restore(state.lossScale());
        control.restore(state.rateFactor());
        progress.restore(state.progress(), from.hasBest());
        try (TensorScope scope = TensorScope.open()) {
            new TreeMap<>(tensors()).forEach((name, tensors) -> {
                if (!tensors.isEmpty()) {
                    folder.ifPresent(files -> TensorFile.read(files.resolve(name), tensors));
                    agreement.broadcast(new TreeMap<>(tensors).values());
                }
            });
        }
        end = progress.shouldStop() ? TrainingHistory.End.EARLY_STOPPING : TrainingHistory.End.FINISHED;
        if (agreement.any(!computesFrozenAgain())) {
            end = TrainingHistory.End.CANCELLED;
            return;
        }
        if (evaluationDue()) { // It was given up when the training was stopped.
            evaluate();
            stopIfDue();
        }
    }

    /** Whether it came to its end: not where the thread is interrupted. */
    private boolean computesFrozenAgain() {
        try {
            computeFrozenAgain();
            return true;
        } catch (InterruptedRun e) {
            return false;
        }
    }

    /** All tensors that a training goes on from, by name, by the file of a checkpoint that they go to; borrowed, in the current scope. */
    private Map<String, Map<String, Tensor>> tensors() {
        return Map.of(
                "weights.safetensors",
                setup.network().tensors(trained),
                Resumption.OPTIMIZER,
                parts.optimizer.state(),
                "average.safetensors",
                parts.average.state(),
                Resumption.BEST,
                progress.bestWeights());
    }

    /**
     * What frozen stages gave for a row is kept from the batch that it came in first, and the last bits of it depend on that
     * batch: so the batches before are visited again, up to there.
     */
    private void computeFrozenAgain() {
        if (!goesOn() && !batches.isInEpoch() || parts.prefix.stages() == 0) {
            return;
        }
        for (int before = 0; trainsAgain && before <= batches.epoch(); before++) {
            computeFrozen(training, before, before < batches.epoch() ? Long.MAX_VALUE : batches.visited());
        }
        if (keepsOfValidation() && progress.hasEvaluated()) {
            computeFrozen(validation.orElseThrow(), 0, Long.MAX_VALUE);
        }
    }

    /** Visits the first so many batches of an epoch. */
    private void computeFrozen(BatchSource source, int ofEpoch, long count) {
        try (BatchSource.Batches visits = source.epoch(ofEpoch, parts.prefix::knows)) {
            for (long i = 0; i < count && visits.hasNext(); i++) {
                for (HostBatch host : visits.nextInParts()) {
                    if (setup.cancellation().isRequestedHere()) {
                        throw new InterruptedRun("Training was interrupted while it went back to where it was.");
                    }
                    computeFrozen(host);
                }
            }
        }
    }

    private void computeFrozen(HostBatch host) {
        if (!parts.prefix.knows(host.rows())) {
            try (OwnProducts own = OwnProducts.take(setup.device().is_cpu());
                    TensorScope scope = TensorScope.open();
                    Batch batch = new Batch(host, setup.device())) {
                parts.plain.input(batch);
            }
        }
    }

    /** Whether what frozen stages give for validation rows is kept. */
    private boolean keepsOfValidation() {
        return evaluatesAgain && validation.filter(BatchSource::repeatsRows).isPresent();
    }

    /** Whether training rows are seen more than once, so that keeping what they give pays. */
    private boolean isLongerThanAnEpoch() {
        final OptionalLong perEpoch = training.batchesPerEpoch();
        return perEpoch.isPresent() && total > TotalSteps.perEpoch(settings, perEpoch.getAsLong());
    }

    /**
     * Gets the batches of the next step; where an epoch ends, it is evaluated, and the next one begins.
     *
     * @return false once training is over
     */
    boolean hasNext() {
        while (goesOn()) {
            final long asked = System.nanoTime();
            group = batches.next();
            if (agreesOnStep()) {
                setup.listener().fetched((System.nanoTime() - asked) / 1e9);
                return true;
            }
            end = end();
            endEpoch();
        }
        if (batches.isInEpoch()) {
            endEpoch();
        }
        return false;
    }

    /**
     * Whether any process has rows for another step, at a rate that is that of the lead. None is taken where one was interrupted while it
     * waited for its own rows: it would be one without them, which nobody would take again.
     */
    private boolean agreesOnStep() {
        final List<double[]> all =
                agreement.numbers(group.isEmpty() ? 0 : 1, control.rateFactor(), batches.wereInterrupted() ? 1 : 0);
        rateFactor = all.get(0)[1];
        return all.stream().anyMatch(each -> each[0] > 0) && all.stream().allMatch(each -> each[2] == 0);
    }

    /** The batches that {@link #hasNext} got. */
    List<HostBatch> next() {
        return group;
    }

    private boolean goesOn() {
        return step < total && end == TrainingHistory.End.FINISHED;
    }

    private void endEpoch() {
        batches.leave();
        if (batches.stepsOfEpoch() == 0) {
            end = endWithoutARow();
        }
        if (end == TrainingHistory.End.OUT_OF_TIME) {
            save(); // Before an evaluation that a longer training wouldn't make.
        }
        if (!progress.hasEvaluated(step) && wantsEvaluation()) {
            evaluate();
            end = end == TrainingHistory.End.FINISHED ? end() : end;
        }
        if (end == TrainingHistory.End.FINISHED) { // Else it may go on one day, and finds this epoch as it is.
            batches.nextEpoch();
        }
    }

    private TrainingHistory.End endWithoutARow() {
        if (end != TrainingHistory.End.CANCELLED) {
            throw new FinetuneException("The training data holds no rows.");
        }
        if (step == 0) {
            throw new InterruptedRun("Training was interrupted before its first step, so that nothing was learned.");
        }
        return TrainingHistory.End.CANCELLED;
    }

    /** Whether to evaluate at an epoch's end: what is kept gets metrics of its own, unless someone wants to stop now. */
    private boolean wantsEvaluation() {
        return switch (end) {
            case STOPPED, CANCELLED -> false;
            case OUT_OF_TIME -> true;
            case FINISHED, EARLY_STOPPING ->
                step == total || settings.evaluation().everySteps() == 0;
        };
    }

    /** What all go by: what is asked for most urgently anywhere. */
    private TrainingHistory.End end() {
        final TrainingHistory.End own = ownEnd();
        return URGENCY.get((int) agreement.most(URGENCY.indexOf(own)));
    }

    private TrainingHistory.End ownEnd() {
        if (setup.cancellation().isRequestedHere()) {
            return TrainingHistory.End.CANCELLED;
        }
        if (control.isStopped()) {
            return TrainingHistory.End.STOPPED;
        }
        if (settings.maxTime().isPresent()
                && watch.secondsHere() * 1e3 >= settings.maxTime().get().toMillis()) {
            return TrainingHistory.End.OUT_OF_TIME;
        }
        return progress.shouldStop() ? TrainingHistory.End.EARLY_STOPPING : TrainingHistory.End.FINISHED;
    }

    /** Forward, loss, backward and update of the batches of a step. */
    StepReport forwardBackwardUpdate(List<HostBatch> some) {
        parts.unfreezing.reach(batches.epochsBefore());
        final double rate =
                rateFactor * settings.schedule().rate(step - parts.lossScale.skipped(), total, settings.learningRate());
        final TrainingStep.Result result = update.run(some, new TrainingStep.Place(step, batches.epoch(), rate));
        Optimizer.forgetGradients(trained);
        parts.average.stepped(step + 1);
        final int rows =
                (int) agreement.sum(some.stream().mapToInt(training::rowsIn).sum());
        return new StepReport(step + 1, batches.epoch(), result.loss(), result.norm(), rate, rows);
    }

    /** Counts a step, and tells of it. */
    void stepped(StepReport report) {
        steps.add(report);
        progress.stepped(report);
        setup.listener().stepped(report);
        warnOfEqualPasses();
        step++;
        batches.stepped();
    }

    /** Whether so many steps are done that the settings want an evaluation, or somebody asked for one. */
    boolean evaluationDue() {
        final boolean asked = agreement.any(control.takesEvaluation());
        return (asked
                        || settings.evaluation().everySteps() > 0
                                && step % settings.evaluation().everySteps() == 0)
                && !progress.hasEvaluated(step);
    }

    /** Evaluates what the steps came to; given up where the thread is interrupted meanwhile. */
    void evaluate() {
        try (AveragedWeights.InUse averages = parts.average.use()) {
            progress.evaluated(batches.epochsSeen(), step, validation.map(this::metrics));
        } catch (InterruptedRun e) {
            // Training ends here, and what it learned is kept without metrics.
        }
    }

    private Metrics metrics(BatchSource data) {
        watch.pause();
        try (HalfPrecisionWeights.InUse use = parts.copies.use()) {
            shareStatistics();
            return Evaluator.evaluate(
                    setup.network(),
                    setup.task(),
                    data,
                    setup.device(),
                    parts.half,
                    parts.prefix,
                    keepsOfValidation(),
                    agreement);
        } finally {
            watch.resume();
        }
    }

    /** Batch norms that train have the statistics of each process's own rows: those of process 0 count (as with torch's DDP). */
    private void shareStatistics() {
        agreement.broadcast(
                setup.network().buffers().stream().map(Buffer::value).toList());
    }

    /** Ends training where it was asked to, where the time is up, and where it doesn't get better. */
    void stopIfDue() {
        end = end();
    }

    /** Whether training goes on and a checkpoint is due; the last one is written when training ends. */
    boolean checkpointDue() {
        return goesOn() && agreement.any(checkpoints.isDue(step));
    }

    /**
     * Writes a checkpoint. Weights that a step has spoiled aren't written: the checkpoint before is worth more, and the next
     * step, or the end, tells. All processes call this.
     */
    void save() {
        save(agreement.each(update.portions().atOnce()));
    }

    private void save(List<Long> atOnce) {
        if (!checkpoints.areWritten() || NonFinite.spoiled(trained).isPresent()) {
            return;
        }
        watch.pause();
        try (TensorScope scope = TensorScope.open()) {
            checkpoints.save(
                    new RunState(
                            step,
                            batches.epoch(),
                            batches.stepsOfEpoch(),
                            parts.average.averaged(),
                            atOnce,
                            parts.lossScale.state(),
                            control.rateFactor(),
                            watch.seconds(),
                            watch.trainingSeconds(),
                            steps,
                            progress.state()),
                    tensors());
        } finally {
            watch.resume();
        }
    }

    /** Puts the weights that are to be kept into the network, and tells how it went. */
    TrainingHistory finish() {
        final boolean done = step >= total && !wasLeftUnevaluated();
        final boolean ended = done || end == TrainingHistory.End.EARLY_STOPPING;
        final List<Long> atOnce = agreement.each(update.portions().atOnce());
        if (!ended || checkpoints.areOfEnded()) {
            save(atOnce);
        } else {
            checkpoints.ended();
        }
        parts.average.keep();
        progress.restoreBest();
        shareStatistics();
        FiniteWeights.check(trained, step);
        final TrainingHistory.End why = done ? TrainingHistory.End.FINISHED : end;
        final TrainingHistory history = new TrainingHistory(
                steps,
                progress.reports(),
                progress.best(),
                why,
                why == TrainingHistory.End.STOPPED ? control.stoppedBy() : Optional.empty(),
                watch.seconds(),
                watch.trainingSeconds());
        setup.listener().finished(history);
        return history;
    }

    /** Whether someone wanted to stop when all that was missing was the last evaluation, which may tell what is kept. */
    private boolean wasLeftUnevaluated() {
        return end.isByRequest() && validation.isPresent() && !progress.hasEvaluated(step);
    }

    private void warnOfEqualPasses() {
        if (step == 0 && parts.objective.twoPasses() && !parts.objective.passesDiffer()) {
            setup.listener()
                    .warned("regularization(r -> r.rDrop("
                            + settings.regularization().rDrop()
                            + ")) does nothing but take time: both passes give the same, for what is trained has no"
                            + " dropout. Set regularization(r -> r.dropout(0.1)), too, or leave it out.");
        }
    }

    private void warnOfStagesLeftOut() {
        training.batchesPerEpoch().ifPresent(perEpochBatches -> {
            final long perEpoch = TotalSteps.perEpoch(settings, perEpochBatches);
            final long last = total - 1;
            parts.unfreezing
                    .warning(batches.epochsAfter(last / perEpoch, last % perEpoch))
                    .ifPresent(setup.listener()::warned);
        });
    }

    /** Whatever fails of it, the directory of checkpoints is let go. */
    @Override
    public void close() {
        control.end();
        try (checkpoints;
                progress;
                parts) {
            batches.close();
        }
    }
}
