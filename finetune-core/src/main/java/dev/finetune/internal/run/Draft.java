package dev.finetune.internal.run;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputSettings;
import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Head;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.Quantized;
import dev.finetune.task.LossOptions;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.Initialization;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.Warmup;
import dev.finetune.train.WeightDecay;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * All that a {@link dev.finetune.FineTuner} was told. Immutable: its methods with arguments give variants.
 *
 * @param source the model to start from
 * @param initialization what of its checkpoint is taken
 * @param head what it is to predict; as it was saved for, if none is given
 * @param freezing which of its parameters learn nothing
 * @param adapter how it is adapted, if it is
 * @param base in how many bits the base's weights are kept, if not as they were read
 * @param maxLength the longest input in tokens; 0 for the model's own
 * @param augmentations what changes training inputs
 * @param inputs how inputs become numbers, if not as the checkpoint says
 * @param loss how the loss over classes is shaped
 * @param training what the loop obeys, as it was said
 * @param said what stays when a schedule or an optimizer is said that doesn't name its own
 * @param runs where checkpoints are written and read
 * @param watch who watches, who stops it, and who does the same
 */
public record Draft(
        @Told(value = "model", named = true, identifies = false)
        ModelSource source,

        Initialization initialization,

        @Told(value = "head", byDefault = "as saved", named = true)
        Optional<Head> head,

        @Told("freezing") Freezing freezing,

        @Told(value = "adapter", quiet = true) SaidAdapter adapter,

        @Told(value = "base weights", quiet = true) Optional<Quantized> base,

        @Told(value = "maximum length", zero = "the model's", as = "{} tokens")
        int maxLength,

        @Told(value = "augmentations", quiet = true) List<Augmentation> augmentations,

        @Told(value = "inputs", quiet = true) Optional<InputSettings> inputs,

        LossOptions loss,
        TrainingSettings training,
        Said said,

        @Told(value = "checkpoints", named = true, identifies = false)
        SavedRuns runs,

        Watch watch) {
    /**
     * What was said apart from the schedule and the optimizer, and goes with each of them.
     *
     * @param warmup of the schedule
     * @param weightDecay of the optimizer
     */
    record Said(Optional<Warmup> warmup, Optional<WeightDecay> weightDecay) {
        static final Said NOTHING = new Said(Optional.empty(), Optional.empty());
    }

    /**
     * Who watches a training, and who stops it.
     *
     * @param listeners called on the thread that trains
     * @param cancellation what another thread stops it with
     * @param report where a page that shows it is written
     * @param samples for which rows the model writes before and after
     * @param processes which of several processes this one is that do the same
     */
    record Watch(
            List<TrainingListener> listeners,
            Cancellation cancellation,
            Optional<Path> report,
            Optional<SampleSettings> samples,
            Optional<Processes> processes) {
        /** Of a process that isn't the one that is watched. */
        Watch unseen() {
            return new Watch(List.of(), cancellation, Optional.empty(), Optional.empty(), processes);
        }
    }

    /**
     * Checks that nothing contradicts anything else.
     *
     * @throws FinetuneException if it does
     */
    public Draft {
        if (adapter.method().isPresent()
                && freezing.rules().stream()
                        .anyMatch(rule -> rule.frozen() && rule.freeze() instanceof Freeze.AllButBiases)) {
            throw new FinetuneException("freeze(Freeze.allButBiases()) trains the model's own biases, but lora(...),"
                    + " ia3(...), adapt(...) and adapter(...) keep them frozen: leave one of them out."
                    + " Lora.biases(Lora.Biases.ALL) trains biases beside LoRA's additions.");
        }
        if (initialization.randomWeights() && adapter.directory().isPresent()) {
            throw new FinetuneException(
                    "initialization(i -> i.randomWeights(true)) and adapter(...) don't go together: an adapter adds to"
                            + " the weights that it was trained beside. Leave one of them out.");
        }
        if (initialization.randomWeights() && base.isPresent()) {
            throw new FinetuneException(
                    "initialization(i -> i.randomWeights(true)) and base(...) don't go together: the"
                            + " weights of a checkpoint are packed, and random ones have yet to learn. Leave one of them out.");
        }
        if (loss.weighting().balanced() && training.batching().balancedSampling()) {
            throw new FinetuneException(
                    "loss(l -> l.balancedClassWeights()) and batching(b -> b.balancedSampling(true)) both make up for"
                            + " rare classes, and together they would do so twice: use one of the two.");
        }
    }

    /** {@return the defaults, of a model} */
    public static Draft of(ModelSource source) {
        return new Draft(
                source,
                Initialization.DEFAULT,
                Optional.empty(),
                Freezing.NOTHING,
                SaidAdapter.NONE,
                Optional.empty(),
                0,
                List.of(),
                Optional.empty(),
                LossOptions.DEFAULT,
                TrainingSettings.DEFAULT,
                Said.NOTHING,
                SavedRuns.NONE,
                new Watch(List.of(), new Cancellation(), Optional.empty(), Optional.empty(), Optional.empty()));
    }

    /** {@return what the loop obeys, each metric named that follows from another} */
    public TrainingSettings settings() {
        return training.resolved();
    }

    /** The same with each metric named that follows from another. */
    Draft resolved() {
        return training(TrainingSettings::resolved);
    }

    public Draft source(UnaryOperator<ModelSource> change) {
        return Records.with(this, "source", change.apply(source));
    }

    /** The same with local files read from other places. */
    Draft readAt(UnaryOperator<Path> places) {
        return Records.with(
                source(from -> from.readAt(places)),
                "adapter",
                new SaidAdapter(
                        adapter.word(), adapter.method(), adapter.directory().map(places)));
    }

    public Draft initialization(UnaryOperator<Initialization> change) {
        return Records.with(this, "initialization", change.apply(initialization));
    }

    public Draft head(Head other) {
        return Records.with(this, "head", Optional.of(other));
    }

    /** Adds a rule of what is frozen. */
    public Draft freeze(Freeze what, boolean frozen) {
        return Records.with(this, "freezing", freezing.and(new FreezeRule(what, frozen)));
    }

    /**
     * Takes a way to adapt the model, in place of an earlier one that was said with the same word.
     *
     * @param word of the tuner, such as "lora(...)"
     */
    public Draft adapt(String word, PeftMethod method, Optional<Path> from) {
        return Records.with(this, "adapter", adapter.or(new SaidAdapter(word, Optional.of(method), from)));
    }

    /** Keeps the base's weights in few bits. */
    public Draft base(Quantized format) {
        return Records.with(this, "base", Optional.of(format));
    }

    public Draft maxLength(int tokens) {
        return Records.with(this, "maxLength", tokens);
    }

    public Draft augmentations(List<Augmentation> others) {
        return Records.with(this, "augmentations", others);
    }

    public Draft inputs(InputSettings settings) {
        return Records.with(this, "inputs", Optional.of(settings));
    }

    public Draft loss(UnaryOperator<LossOptions> change) {
        return Records.with(this, "loss", change.apply(loss));
    }

    public Draft training(UnaryOperator<TrainingSettings> change) {
        return Records.with(this, "training", change.apply(training));
    }

    /** Takes a schedule with the warm-up that was said, unless it names its own. */
    public Draft schedule(Schedule other) {
        final Optional<Warmup> warmup = other.namesWarmup() ? Optional.empty() : said.warmup();
        return said(new Said(warmup, said.weightDecay()))
                .training(all -> all.schedule(warmup.map(other::withWarmup).orElse(other)));
    }

    /** Takes a warm-up, in place of an earlier one or of the schedule's. */
    public Draft warmup(Warmup other) {
        return said(new Said(Optional.of(other), said.weightDecay()))
                .training(all -> all.schedule(all.schedule().withWarmup(other)));
    }

    /** Takes an optimizer with the weight decay that was said, unless it names its own. */
    public Draft optimizer(OptimizerSettings other) {
        final Optional<WeightDecay> decay =
                other.weightDecay().equals(WeightDecay.NONE) ? said.weightDecay() : Optional.empty();
        return said(new Said(said.warmup(), decay))
                .training(all -> all.optimizer(decay.map(other::withWeightDecay).orElse(other)));
    }

    /** Takes a weight decay, in place of an earlier one or of the optimizer's. */
    public Draft weightDecay(WeightDecay other) {
        return said(new Said(said.warmup(), Optional.of(other)))
                .training(all -> all.optimizer(all.optimizer().withWeightDecay(other)));
    }

    private Draft said(Said other) {
        return Records.with(this, "said", other);
    }

    /** Takes a place for checkpoints; to resume them takes the place of going on from elsewhere. */
    public Draft checkpoints(Checkpoints checkpoints) {
        final boolean resumes = checkpoints.existing() == Checkpoints.Existing.RESUME;
        return runs(new SavedRuns(Optional.of(checkpoints), resumes ? Optional.empty() : runs.resumed()));
    }

    public Draft resumeFrom(Path directory) {
        return runs(new SavedRuns(runs.said(), Optional.of(directory)));
    }

    Draft runs(SavedRuns other) {
        return Records.with(this, "runs", other);
    }

    public Draft listener(TrainingListener listener) {
        final List<TrainingListener> all = new ArrayList<>(watch.listeners());
        all.add(listener);
        return watch(Records.with(watch, "listeners", List.copyOf(all)));
    }

    public Draft cancellation(Cancellation cancellation) {
        return watch(Records.with(watch, "cancellation", cancellation));
    }

    public Cancellation cancellation() {
        return watch.cancellation();
    }

    public Draft report(Path page) {
        return watch(Records.with(watch, "report", Optional.of(page)));
    }

    public Optional<Path> report() {
        return watch.report();
    }

    public Draft samples(SampleSettings settings) {
        return watch(Records.with(watch, "samples", Optional.of(settings)));
    }

    public Draft processes(Processes processes) {
        return watch(Records.with(watch, "processes", Optional.of(processes)));
    }

    public Optional<Processes> processes() {
        return watch.processes();
    }

    /** As a process obeys it that trains with others: process 0 watches and writes for it. */
    Draft unseen() {
        return watch(watch.unseen()).runs(SavedRuns.NONE);
    }

    Optional<SampleSettings> samples() {
        return watch.samples();
    }

    /** Refuses a report, and samples, where several models are trained, each of which would replace the one before. */
    void checkNoReport(String what) {
        report().ifPresent(page -> {
            throw new FinetuneException("report(" + page + ") shows the training of one model, and " + what
                    + " trains several: leave it out there.");
        });
        samples().ifPresent(asked -> {
            throw new FinetuneException("samples(" + asked.rows() + ") shows what one model writes, and " + what
                    + " trains several: leave it out there.");
        });
    }

    Draft watch(Watch other) {
        return Records.with(this, "watch", other);
    }
}
