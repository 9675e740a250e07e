package dev.finetune.train;

import dev.finetune.batch.HostBatch;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.OwnProducts;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.Bfloat16Weights;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A training under way: where it stands, and what it computes with, which it owns. */
final class TrainingRun implements AutoCloseable {
    private static final String OPTIMIZER = "optimizer.safetensors";
    private static final String BEST = "best.safetensors";

    private final TrainingParts.Setup setup;
    private final TrainingSettings settings;
    private final BatchSource training;
    private final Optional<BatchSource> validation;
    private final List<Parameter> trained;
    private final long total;
    private final boolean trainsAgain;
    private final boolean evaluatesAgain;
    private final TrainingParts parts;
    private final TrainingStep update;
    private final Progress progress;
    private final RunCheckpoints checkpoints;
    private final Stopwatch watch = new Stopwatch();

    private final List<StepReport> steps = new ArrayList<>();
    private TrainingHistory.End end = TrainingHistory.End.FINISHED;
    private long step;
    private int epoch;
    private boolean inEpoch;
    private long stepsOfEpoch;
    private BatchSource.@Nullable Batches batches;
    private List<HostBatch> group = List.of();

    /**
     * A training before its first step.
     *
     * @param training the batches to train on
     * @param validation the batches to evaluate on, if any
     */
    TrainingRun(TrainingParts.Setup setup, BatchSource training, Optional<BatchSource> validation) {
        this.setup = setup;
        this.settings = setup.settings();
        this.training = training;
        this.validation = validation;
        this.trained = setup.network().trained();
        if (trained.isEmpty()) {
            throw new FinetuneException("Every parameter is frozen, so there is nothing to train.");
        }
        this.total = TotalSteps.of(settings, training);
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
        this.evaluatesAgain = comeAgain || settings.evaluateEvery() > 0 && settings.evaluateEvery() < total;
        this.progress = new Progress(setup.network(), trained, setup.task(), settings, setup.listener(), watch);
        this.parts = new TrainingParts(setup, trained, total, trainsAgain);
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
        final RunIdentity identity = what.isNone()
                ? RunIdentity.NONE
                : RunIdentity.of(what.settings(), setup.network(), training, validation);
        return new RunCheckpoints(what, identity, setup.listener(), System::nanoTime);
    }

    /** Goes on from a checkpoint, if it is to; tells of what the plan leaves out. */
    void begin() {
        warnOfStagesLeftOut();
        checkpoints.restore(this::restore);
    }

    private void restore(RunState state, Path files) {
        step = state.step();
        epoch = state.epoch();
        stepsOfEpoch = state.stepsOfEpoch();
        inEpoch = stepsOfEpoch > 0;
        steps.addAll(state.steps());
        watch.goOn(state.seconds(), state.trainingSeconds());
        final Path optimizer = files.resolve(OPTIMIZER);
        if (Files.exists(optimizer)) {
            parts.optimizer.restore(TensorFile.names(optimizer));
        }
        parts.average.restore(state.averaged());
        update.portions().goOn(state.atOnce());
        progress.restore(state.progress(), Files.exists(files.resolve(BEST)));
        tensors().forEach((name, tensors) -> {
            if (!tensors.isEmpty()) {
                TensorFile.read(files.resolve(name), tensors);
            }
        });
        end = progress.shouldStop() ? TrainingHistory.End.EARLY_STOPPING : TrainingHistory.End.FINISHED;
        try {
            computeFrozenAgain();
        } catch (InterruptedRun e) {
            end = TrainingHistory.End.CANCELLED;
            return;
        }
        if (evaluationDue()) { // It was given up when the training was stopped.
            evaluate();
            stopIfDue();
        }
    }

    /** All tensors that a training goes on from, by name, by the file of a checkpoint that they go to; borrowed. */
    private Map<String, Map<String, Tensor>> tensors() {
        return Map.of(
                "weights.safetensors",
                setup.network().tensors(trained),
                OPTIMIZER,
                parts.optimizer.state(),
                "average.safetensors",
                parts.average.state(),
                BEST,
                progress.bestWeights());
    }

    /**
     * What frozen stages gave for a row is kept from the batch that it came in first, and the last bits of it depend on that
     * batch: so the batches before are visited again, up to there.
     */
    private void computeFrozenAgain() {
        if (!goesOn() && !inEpoch || parts.prefix.stages() == 0) {
            return;
        }
        for (int before = 0; trainsAgain && before <= epoch; before++) {
            computeFrozen(training, before, before < epoch ? Long.MAX_VALUE : stepsOfEpoch * settings.accumulation());
        }
        if (keepsOfValidation() && progress.hasEvaluated()) {
            computeFrozen(validation.orElseThrow(), 0, Long.MAX_VALUE);
        }
    }

    /** Visits the first so many batches of an epoch. */
    private void computeFrozen(BatchSource source, int ofEpoch, long count) {
        try (BatchSource.Batches visits = source.epoch(ofEpoch, parts.prefix::knows)) {
            for (long i = 0; i < count && visits.hasNext(); i++) {
                final HostBatch host = visits.next();
                if (setup.cancellation().isRequestedHere()) {
                    throw new InterruptedRun("Training was interrupted while it went back to where it was.");
                }
                if (!parts.prefix.knows(host.rows())) {
                    try (OwnProducts own = OwnProducts.take(setup.device().is_cpu());
                            TensorScope scope = TensorScope.open();
                            Batch batch = new Batch(host, setup.device())) {
                        parts.plain.input(batch);
                    }
                }
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
            if (batches == null) {
                inEpoch = true;
                batches = training.epoch(
                        epoch, rows -> trainsAgain && parts.prefix.knows(rows), stepsOfEpoch * settings.accumulation());
            }
            group = next(batches);
            if (!group.isEmpty()) {
                return true;
            }
            end = end();
            endEpoch();
        }
        if (inEpoch) {
            endEpoch();
        }
        return false;
    }

    private boolean goesOn() {
        return step < total && end == TrainingHistory.End.FINISHED;
    }

    /** The batches of the next step; none at the end of an epoch, or where the thread is interrupted before there are any. */
    private List<HostBatch> next(BatchSource.Batches from) {
        final List<HostBatch> some = new ArrayList<>();
        try {
            while (some.size() < settings.accumulation() && from.hasNext()) {
                some.add(from.next());
            }
        } catch (InterruptedRun e) {
            return List.of();
        }
        return some;
    }

    private void endEpoch() {
        closeBatches();
        if (stepsOfEpoch == 0) {
            end = endWithoutARow();
        }
        if (end == TrainingHistory.End.OUT_OF_TIME) {
            save(); // Before an evaluation that a longer training wouldn't make.
        }
        if (!progress.hasEvaluated(step) && wantsEvaluation()) {
            evaluate();
            end = end == TrainingHistory.End.FINISHED ? end() : end;
        }
        inEpoch = false;
        if (end == TrainingHistory.End.FINISHED) { // Else it may go on one day, and finds this epoch as it is.
            stepsOfEpoch = 0;
            epoch++;
        }
    }

    private TrainingHistory.End endWithoutARow() {
        if (!setup.cancellation().isRequestedHere()) {
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
            case CANCELLED -> false;
            case OUT_OF_TIME -> true;
            case FINISHED, EARLY_STOPPING -> step == total || settings.evaluateEvery() == 0;
        };
    }

    private TrainingHistory.End end() {
        if (setup.cancellation().isRequestedHere()) {
            return TrainingHistory.End.CANCELLED;
        }
        if (settings.maxTime().isPresent()
                && watch.secondsHere() * 1e3 >= settings.maxTime().get().toMillis()) {
            return TrainingHistory.End.OUT_OF_TIME;
        }
        return progress.shouldStop() ? TrainingHistory.End.EARLY_STOPPING : TrainingHistory.End.FINISHED;
    }

    /** Forward, loss, backward and update of the batches that {@link #hasNext} got. */
    void step() {
        parts.unfreezing.reach(epochsBefore(epoch, stepsOfEpoch));
        final double rate = settings.schedule().rate(step, total, settings.learningRate());
        final TrainingStep.Result result = update.run(group, new TrainingStep.Place(step, epoch, rate));
        Optimizer.forgetGradients(trained);
        parts.average.stepped(step + 1);
        final int rows = group.stream().mapToInt(HostBatch::size).sum();
        final StepReport report = new StepReport(step, epoch, result.loss(), result.norm(), rate, rows);
        steps.add(report);
        progress.stepped(report);
        setup.listener().stepped(report);
        warnOfEqualPasses();
        step++;
        stepsOfEpoch++;
    }

    /** Whether so many steps are done that the settings want an evaluation. */
    boolean evaluationDue() {
        return settings.evaluateEvery() > 0 && step % settings.evaluateEvery() == 0 && !progress.hasEvaluated(step);
    }

    /** Evaluates what the steps came to; given up where the thread is interrupted meanwhile. */
    void evaluate() {
        try (AveragedWeights.InUse averages = parts.average.use()) {
            progress.evaluated(epochs(epoch, stepsOfEpoch), step, validation.map(this::metrics));
        } catch (InterruptedRun e) {
            // Training ends here, and what it learned is kept without metrics.
        }
    }

    private Metrics metrics(BatchSource data) {
        watch.pause();
        try (Bfloat16Weights.InUse use = parts.copies.use()) {
            return Evaluator.evaluate(
                    setup.network(),
                    setup.task(),
                    data,
                    setup.device(),
                    parts.bfloat16,
                    parts.prefix,
                    keepsOfValidation());
        } finally {
            watch.resume();
        }
    }

    /** Ends training where it was asked to, where the time is up, and where it doesn't get better. */
    void stopIfDue() {
        end = end();
    }

    /** Writes a checkpoint, where training goes on and one is due; the last one is written when training ends. */
    void saveIfDue() {
        if (goesOn() && checkpoints.isDue(step)) {
            save();
        }
    }

    /** Weights that a step has spoiled aren't written: the checkpoint before is worth more, and the next step, or the end, tells. */
    private void save() {
        if (!checkpoints.areWritten() || NonFinite.spoiled(trained).isPresent()) {
            return;
        }
        watch.pause();
        try {
            checkpoints.save(
                    new RunState(
                            step,
                            epoch,
                            stepsOfEpoch,
                            parts.average.averaged(),
                            update.portions().atOnce(),
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
        if (!ended || checkpoints.areOfEnded()) {
            save();
        } else {
            checkpoints.ended();
        }
        parts.average.keep();
        progress.restoreBest();
        FiniteWeights.check(trained, step);
        final TrainingHistory history = new TrainingHistory(
                steps,
                progress.reports(),
                progress.best(),
                done ? TrainingHistory.End.FINISHED : end,
                watch.seconds(),
                watch.trainingSeconds());
        setup.listener().finished(history);
        return history;
    }

    /** Whether someone wanted to stop when all that was missing was the last evaluation, which may tell what is kept. */
    private boolean wasLeftUnevaluated() {
        return end == TrainingHistory.End.CANCELLED && validation.isPresent() && !progress.hasEvaluated(step);
    }

    private double epochs(int epochsDone, long stepsOfThis) {
        final double seen = stepsOfThis * (double) settings.accumulation();
        return training.batchesPerEpoch().isPresent()
                ? epochsDone + Math.min(1, seen / training.batchesPerEpoch().getAsLong())
                : epochsDone + 1.0;
    }

    /** Epochs before a step; whole ones only where the length of the data isn't known. */
    private double epochsBefore(int epochsDone, long stepsOfThis) {
        return training.batchesPerEpoch().isPresent() ? epochs(epochsDone, stepsOfThis) : epochsDone;
    }

    private void warnOfEqualPasses() {
        if (step == 0 && parts.objective.twoPasses() && !parts.objective.passesDiffer()) {
            setup.listener()
                    .warned("rDrop(" + settings.preservation().regularization().rDrop()
                            + ") does nothing but take time: both passes"
                            + " give the same, for what is trained has no dropout. Set dropout(0.1), or leave it out.");
        }
    }

    private void warnOfStagesLeftOut() {
        training.batchesPerEpoch().ifPresent(perEpochBatches -> {
            final long perEpoch = TotalSteps.perEpoch(settings, perEpochBatches);
            final long last = total - 1;
            parts.unfreezing
                    .warning(epochsBefore((int) (last / perEpoch), last % perEpoch))
                    .ifPresent(setup.listener()::warned);
        });
    }

    private void closeBatches() {
        if (batches != null) {
            batches.close();
            batches = null;
        }
    }

    /** Whatever fails of it, the directory of checkpoints is let go. */
    @Override
    public void close() {
        try (checkpoints;
                progress;
                parts) {
            closeBatches();
        }
    }
}
