package dev.finetune.internal.run;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputSettings;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.head.Head;
import dev.finetune.hub.DownloadListener;
import dev.finetune.hub.Hub;
import dev.finetune.hub.HubSettings;
import dev.finetune.hub.Pretrained;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import dev.finetune.task.LossOptions;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.KnowledgePreservation;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Precision;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.Warmup;
import dev.finetune.train.WeightDecay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The settings of a {@link dev.finetune.FineTuner} while they are being said. Copied at every call, so that a tuner never changes. */
public final class Draft implements Cloneable {
    public String model = "";
    public boolean local;

    /** What was said to come on the class path. */
    public Optional<Pretrained> pretrained = Optional.empty();

    public String revision = Hub.DEFAULT_REVISION;

    @Nullable
    public HubSettings hub;

    public DownloadListener downloads = DownloadListener.none();

    @Nullable
    public Head head;

    public boolean keepHead;

    List<FreezeRule> freezing = List.of();
    public int maxLength;
    public List<Augmentation> augmentations = List.of();

    @Nullable
    public InputSettings inputSettings;

    public MemoryFormat memoryFormat = MemoryFormat.AUTO;
    public double dropout = Double.NaN;

    @Nullable
    PeftMethod method;

    @Nullable
    Path adapter;

    /** Where the files of a local directory are to be read now. */
    UnaryOperator<Path> places = UnaryOperator.identity();

    public boolean randomWeights;
    public double validationFraction = 0.1;
    public boolean balancedClassWeights;
    public boolean balancedSampling;
    public LossOptions loss = LossOptions.PLAIN;

    public double learningRate = 5e-5;
    public OptimizerSettings optimizer = OptimizerSettings.adamW();
    public Schedule schedule = Schedule.linear();

    @Nullable
    public Warmup warmup;

    @Nullable
    public WeightDecay weightDecay;

    public KnowledgePreservation preservation = KnowledgePreservation.NONE;
    public double epochs = 3;
    public long maxSteps;
    public Optional<Duration> maxTime = Optional.empty();
    public int batchSize = 8;
    public int evaluationBatchSize = 32;
    public int accumulation = 1;
    public boolean batchesInParts;
    public double maxGradientNorm = 1;
    public Precision precision = Precision.FLOAT32;
    public boolean gradientCheckpointing;
    public boolean keepFrozenOutputs = true;
    public boolean leanBackward = true;
    public boolean cudaGraphs = true;
    public boolean skipUnread = true;
    public long evaluateEvery;
    public Optional<EarlyStopping> earlyStopping = Optional.empty();
    public boolean keepBest;
    public String bestMetric = "";
    public boolean shuffle = true;
    public boolean groupByLength = true;
    public boolean groupingSaid;
    public long seed = 42;
    public DeviceChoice device = DeviceChoice.AUTO;

    @Nullable
    public Checkpoints checkpoints;

    @Nullable
    public Path resumeFrom;

    List<TrainingListener> listeners = List.of();
    public Cancellation cancellation = new Cancellation();

    /** {@return a draft that can be changed without this one changing: all that is said of it is immutable} */
    public Draft copy() {
        try {
            return (Draft) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    public void freeze(Freeze freeze, boolean frozen) {
        final List<FreezeRule> rules = new ArrayList<>(freezing);
        rules.add(new FreezeRule(freeze, frozen));
        freezing = List.copyOf(rules);
    }

    /** Takes a way to adapt the model, in place of an earlier one of its kind. */
    public void adapt(PeftMethod said, @Nullable Path from) {
        if (method != null && !adaptation(said, from).equals(adaptation(method, adapter))) {
            throw new FinetuneException(adaptation(method, adapter) + " and " + adaptation(said, from) + " both say how"
                    + " the model is adapted, and it is adapted in one way: leave one of them out.");
        }
        method = said;
        adapter = from;
    }

    /** The word of the tuner that says it. */
    private static String adaptation(PeftMethod method, @Nullable Path adapter) {
        if (adapter != null) {
            return "adapter(...)";
        }
        return method instanceof Lora ? "lora(...)" : "ia3(...)";
    }

    /** Takes a schedule with the warm-up that was said, unless it names its own. */
    public void schedule(Schedule said) {
        if (said.namesWarmup()) {
            warmup = null;
        }
        schedule = said;
        warmUp();
    }

    /** Takes a warm-up, in place of an earlier one or of the schedule's. */
    public void warmup(Warmup said) {
        warmup = said;
        warmUp();
    }

    private void warmUp() {
        if (warmup != null) {
            schedule = schedule.withWarmup(warmup);
        }
    }

    /** Takes an optimizer with the weight decay that was said, unless it names its own. */
    public void optimizer(OptimizerSettings said) {
        if (!said.weightDecay().equals(WeightDecay.NONE)) {
            weightDecay = null;
        }
        optimizer = weightDecay == null ? said : said.withWeightDecay(weightDecay);
    }

    /** Takes a weight decay, in place of an earlier one or of the optimizer's. */
    public void weightDecay(WeightDecay said) {
        weightDecay = said;
        optimizer = optimizer.withWeightDecay(said);
    }

    /** The metric that says which weights are best; where none is named, the one that stops training. */
    private String metricOfBest() {
        return bestMetric.isEmpty() ? earlyStopping.map(EarlyStopping::metric).orElse("") : bestMetric;
    }

    /** Early stopping; where it names no metric, by the one that says which weights are best. */
    private Optional<EarlyStopping> stopping() {
        return earlyStopping.map(said -> said.metric().isEmpty()
                ? new EarlyStopping(metricOfBest(), said.patience(), said.minimumChange())
                : said);
    }

    /** Where checkpoints are written: where it was said, else where those are that training goes on from. */
    public Optional<Checkpoints> checkpoints() {
        return Optional.ofNullable(checkpoints)
                .or(() -> Optional.ofNullable(resumeFrom)
                        .map(directory -> Checkpoints.beside(directory).resume()));
    }

    /**
     * Where a work of several trainings (cross-validation, a search) writes checkpoints, which goes on from there and nowhere
     * else.
     *
     * @throws FinetuneException if training is to go on from another directory than that
     */
    public Optional<Checkpoints> onlyCheckpoints() {
        if (checkpoints == null || resumeFrom == null) {
            return checkpoints();
        }
        final Path written = checkpoints.directory().toAbsolutePath().normalize();
        if (!written.equals(resumeFrom.toAbsolutePath().normalize())) {
            throw new FinetuneException(
                    "resumeFrom(" + resumeFrom + ") names another directory than checkpoints("
                            + checkpoints.directory()
                            + "), and cross-validation and searches go on where they write: leave"
                            + " resumeFrom(...) out and name the directory of before, checkpoints(Checkpoints.in(...).resume()).");
        }
        return Optional.of(checkpoints.resume());
    }

    public void listen(TrainingListener listener) {
        final List<TrainingListener> all = new ArrayList<>(listeners);
        all.add(listener);
        listeners = List.copyOf(all);
    }

    /**
     * Checks what has been said.
     *
     * @throws FinetuneException if it is out of range, or contradicts itself
     */
    public void check() {
        if (local) {
            ModelPlace.checkWithoutRevision(this);
        }
        if (method != null
                && freezing.stream().anyMatch(rule -> rule.frozen() && rule.freeze() instanceof Freeze.AllButBiases)) {
            throw new FinetuneException("bitFit() (Freeze.allButBiases()) trains the model's own biases, but lora(...),"
                    + " ia3(...) and adapter(...) keep them frozen: leave one of them out."
                    + " Lora.biases(Lora.Biases.ALL) trains biases beside LoRA's additions.");
        }
        if (randomWeights && adapter != null) {
            throw new FinetuneException(
                    "randomWeights() and adapter(...) don't go together: an adapter adds to the weights"
                            + " that it was trained beside. Leave one of them out.");
        }
        if (balancedClassWeights && !loss.classWeights().isEmpty()) {
            throw new FinetuneException(
                    "classWeights(...) and balancedClassWeights() both weigh the classes: use one of" + " the two.");
        }
        if (balancedClassWeights && balancedSampling) {
            throw new FinetuneException(
                    "balancedClassWeights() and balancedSampling() both make up for rare classes, and"
                            + " together they would do so twice: use one of the two.");
        }
        training();
    }

    public TrainingSettings training() {
        return new TrainingSettings(
                learningRate,
                optimizer,
                schedule,
                preservation,
                epochs,
                maxSteps,
                maxTime,
                batchSize,
                evaluationBatchSize,
                accumulation,
                batchesInParts,
                maxGradientNorm,
                precision,
                gradientCheckpointing,
                keepFrozenOutputs,
                leanBackward,
                cudaGraphs,
                evaluateEvery,
                stopping(),
                keepBest,
                metricOfBest(),
                shuffle,
                groupByLength,
                seed,
                device);
    }
}
