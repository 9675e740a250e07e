package dev.finetune;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.InputSettings;
import dev.finetune.contrastive.Contrast;
import dev.finetune.data.DataReport;
import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import dev.finetune.data.Text;
import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.fewshot.FewShot;
import dev.finetune.freeze.Freeze;
import dev.finetune.generate.Generation;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.hub.HubAccess;
import dev.finetune.hub.Pretrained;
import dev.finetune.internal.distributed.Companions;
import dev.finetune.internal.run.Checking;
import dev.finetune.internal.run.ContrastFitting;
import dev.finetune.internal.run.CrossValidating;
import dev.finetune.internal.run.Draft;
import dev.finetune.internal.run.Families;
import dev.finetune.internal.run.FewShotFitting;
import dev.finetune.internal.run.Fitting;
import dev.finetune.internal.run.LoadedModel;
import dev.finetune.internal.run.ModelReading;
import dev.finetune.internal.run.ModelSource;
import dev.finetune.internal.run.PreferenceFitting;
import dev.finetune.internal.run.RateFinding;
import dev.finetune.internal.run.Rehearsing;
import dev.finetune.internal.run.SampleSettings;
import dev.finetune.internal.run.SettingsText;
import dev.finetune.metrics.PreferenceMetrics;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.PeftMethod;
import dev.finetune.peft.Quantized;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.Orpo;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.report.CrossValidation;
import dev.finetune.report.Doctor;
import dev.finetune.report.DryRun;
import dev.finetune.report.Forecast;
import dev.finetune.report.LearningRateTest;
import dev.finetune.task.LossOptions;
import dev.finetune.train.BatchSize;
import dev.finetune.train.Batching;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.Evaluation;
import dev.finetune.train.Execution;
import dev.finetune.train.Initialization;
import dev.finetune.train.KeepBest;
import dev.finetune.train.KnowledgePreservation;
import dev.finetune.train.Optimization;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Precision;
import dev.finetune.train.Regularization;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.Warmup;
import dev.finetune.train.WeightDecay;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Takes a pretrained model, freezes what it knows, gives it a new head, and trains it on your data.
 *
 * <pre>{@code
 * FineTuned<Text> tuned = FineTuner.from("bert-base-uncased").freeze(8).head(2).lr(5e-5).fit(train, validation);
 * }</pre>
 *
 * <p>What is said every day has a method here; the rest is in groups, such as {@code execution(e -> e.cudaGraphs(false))}.
 * Immutable: every setting gives a new tuner, so that one can be kept and varied. Defaults are those of the
 * Transformers Trainer (learning rate 5e-5 with linear decay, AdamW without weight decay, batches of 8, 3 epochs,
 * gradients clipped to norm 1, seed 42); see {@link Batching#groupByLength} for how batches are computed.
 * Equal seeds, data and machine give equal bits; tuners don't touch each other's randomness, and several can run at once.
 */
public final class FineTuner {
    private final Draft draft;

    private FineTuner(Draft draft) {
        this.draft = draft;
    }

    /**
     * Starts from a local model directory, from a local file of weights (.safetensors, .bin, .pth, .th, .pt, .onnx ...)
     * whose configuration and other files lie beside it, from a model that comes in a jar and is known by name, or from a
     * Hugging Face model id, looked for in the user's Hugging Face cache and then on the hub. Weights of pictures' networks,
     * and exported graphs, need no configuration.
     *
     * @param directoryOrId a path where there is such a file or directory, else the name of a model in a jar, such as
     *     "all-minilm-l6-v2", else an id such as "bert-base-uncased" or "org/name"
     * @return a tuner with the defaults; nothing is read or fetched yet
     */
    public static FineTuner from(String directoryOrId) {
        Objects.requireNonNull(directoryOrId, "directoryOrId");
        return new FineTuner(Draft.of(ModelSource.of(directoryOrId)));
    }

    /**
     * Starts from a local model directory, or from a local file of weights; never from the hub.
     *
     * @param directoryOrFile a model's directory, or its weights
     * @return a tuner with the defaults; the weights are read later
     * @throws FinetuneException if there is no such directory or file
     */
    public static FineTuner from(Path directoryOrFile) {
        Objects.requireNonNull(directoryOrFile, "directoryOrFile");
        return new FineTuner(Draft.of(ModelSource.of(directoryOrFile)));
    }

    /**
     * Starts from a model that comes on the class path, in a jar, say. It is unpacked to the Hugging Face cache, once; nothing
     * is fetched.
     *
     * @param model the resources that it consists of
     * @return a tuner with the defaults; the resources are looked for later
     */
    public static FineTuner from(Pretrained model) {
        Objects.requireNonNull(model, "model");
        return new FineTuner(Draft.of(ModelSource.of(model)));
    }

    /** {@return what was found of natives, versions, threads, GPU and caches, in readable lines} */
    public static String doctor() {
        return Doctor.examine(Families.names());
    }

    /**
     * Freezes the embeddings and the first {@code layers} layers.
     *
     * @param layers how many, at least 0; 0 freezes the embeddings alone
     * @return a new tuner with that setting
     */
    public FineTuner freeze(int layers) {
        return freeze(Freeze.firstLayers(layers));
    }

    /**
     * Freezes what is named; nothing is frozen by default. Later calls add to, or take from, earlier ones. What {@link
     * #lora}, {@link #ia3} and {@link #adapt} add is always trained: see {@link Freeze}.
     *
     * @param freeze which parameters learn nothing
     * @return a new tuner with that setting
     */
    public FineTuner freeze(Freeze freeze) {
        Objects.requireNonNull(freeze, "freeze");
        return with(draft -> draft.freeze(freeze, true));
    }

    /**
     * Unfreezes what is named, after an earlier freeze.
     *
     * @param freeze which parameters learn after all
     * @return a new tuner with that setting
     */
    public FineTuner unfreeze(Freeze freeze) {
        Objects.requireNonNull(freeze, "freeze");
        return with(draft -> draft.freeze(freeze, false));
    }

    /**
     * Trains low-rank additions instead of the weights themselves: the base is frozen, the additions and the head's last
     * layer learn. {@link FineTuned#saveAdapter} saves them as PEFT does; {@link FineTuned#save} saves the merged model.
     * Said again, it replaces what it said before.
     *
     * @param lora rank, scale and targets
     * @return a new tuner with that setting
     * @throws FinetuneException after {@link #ia3}, {@link #adapt} or {@link #adapter}: a model is adapted in one way
     */
    public FineTuner lora(Lora lora) {
        Objects.requireNonNull(lora, "lora");
        return with(draft -> draft.adapt("lora(...)", lora, Optional.empty()));
    }

    /**
     * Trains vectors that multiply what layers read or give, and the head's last layer; the base is frozen. Saved as LoRA's
     * additions are. Said again, it replaces what it said before.
     *
     * @param ia3 which layers it multiplies
     * @return a new tuner with that setting
     * @throws FinetuneException after {@link #lora}, {@link #adapt} or {@link #adapter}: a model is adapted in one way
     */
    public FineTuner ia3(Ia3 ia3) {
        Objects.requireNonNull(ia3, "ia3");
        return with(draft -> draft.adapt("ia3(...)", ia3, Optional.empty()));
    }

    /**
     * Adapts the model in a way that the library doesn't have; LoRA and IA3 are said with {@link #lora} and {@link
     * #ia3}. The base is frozen, what the method adds and the head's last layer learn. {@link FineTuned#save} saves the
     * merged model; {@link FineTuned#saveAdapter} what was added, where the method has a {@linkplain
     * PeftMethod#peftType() file format}. Said again, it replaces what it said before.
     *
     * @param method which layers it adapts, and how
     * @return a new tuner with that setting
     * @throws FinetuneException for LoRA and IA3, and after {@link #lora}, {@link #ia3} or {@link #adapter}: a model is
     *     adapted in one way
     */
    public FineTuner adapt(PeftMethod method) {
        Objects.requireNonNull(method, "method");
        if (method instanceof Lora || method instanceof Ia3) {
            throw new FinetuneException("adapt(" + method + ") is for methods that the library doesn't have: say "
                    + (method instanceof Lora ? "lora(...)" : "ia3(...)") + " instead.");
        }
        return with(draft -> draft.adapt("adapt(...)", method, Optional.empty()));
    }

    /**
     * Goes on with an adapter in PEFT's format (adapter_config.json, adapter_model.safetensors) on this base: LoRA, DoRA, IA3,
     * or a method that a {@link dev.finetune.peft.PeftFormat} reads. Said again, it replaces what it said before.
     *
     * @param directory of the adapter, not of the base
     * @return a new tuner with that setting
     * @throws FinetuneException if there is none, if it asks for something that isn't supported, or after
     *     {@link #lora}, {@link #ia3} or {@link #adapt}: a model is adapted in one way
     */
    public FineTuner adapter(Path directory) {
        Objects.requireNonNull(directory, "directory");
        return with(draft -> draft.adapt("adapter(...)", ModelReading.adapter(directory), Optional.of(directory)));
    }

    /**
     * Keeps the frozen weights of the base in few bits, {@code Quantized.nf4()}, {@code Quantized.nf4Double()} or {@code
     * Quantized.int8()}, and trains an adapter beside them (QLoRA): 0.28, 0.26 or half of the memory that they take in 16 bits. Each is packed while the
     * checkpoint is read; of the whole base there is never another copy. Predictions and generation unpack them, too, for each
     * batch or token. What was trained is saved with {@link FineTuned#saveAdapter}, and may be merged into the base as it was
     * published. Said again, it replaces what it said before.
     *
     * @param format of the packed weights
     * @return a new tuner with that setting
     */
    public FineTuner base(Quantized format) {
        Objects.requireNonNull(format, "format");
        return with(draft -> draft.base(format));
    }

    /**
     * One class of several; the labels' names are found in the data. As {@link #head(Head)}: a fresh last layer, unless the
     * checkpoint's head has classes of just these names.
     *
     * @param classes how many, at least 2
     * @return a new tuner with that setting
     */
    public FineTuner head(int classes) {
        return head(Heads.classes(classes));
    }

    /**
     * One class of those named; as {@link #head(Head)}.
     *
     * @param labels at least two different names, in the order of the outputs
     * @return a new tuner with that setting
     */
    public FineTuner head(String... labels) {
        return head(Heads.classes(labels));
    }

    /**
     * What the model is to predict; by default what the checkpoint was saved for, if it was.
     *
     * <p>Where the checkpoint (or the adapter) has a head of this kind whose labels have the same names, the rows of its last
     * layer are taken over, each under its name, whatever the order. With other names, another number of them, or another
     * kind of head, the last layer starts at random, which the load report and the log tell; layers below it, such as a
     * pooler, don't depend on the labels and are taken over where they fit, as Transformers does with {@code
     * ignore_mismatched_sizes}. LABEL_0, LABEL_1 ..., as Transformers calls outputs without names, are names like others.
     * {@link Initialization#keepHead(boolean)} takes the rows over under other names.
     *
     * @param head one of {@link Heads}, or of a family's own
     * @return a new tuner with that setting
     */
    public FineTuner head(Head head) {
        Objects.requireNonNull(head, "head");
        return with(draft -> draft.head(head));
    }

    /**
     * The peak learning rate; 5e-5 by default.
     *
     * @param learningRate above 0
     * @return a new tuner with that setting
     * @throws FinetuneException if it isn't a number above 0: with a rate of 0 nothing is learned ({@link
     *     #untrained(Class)} gives the model as it is)
     */
    public FineTuner lr(double learningRate) {
        return training(now -> now.learningRate(learningRate));
    }

    /**
     * Passes over the data, 3 by default; may be a fraction.
     *
     * @param epochs above 0
     * @return a new tuner with that setting
     */
    public FineTuner epochs(double epochs) {
        return training(now -> now.epochs(epochs));
    }

    /**
     * Rows in a training batch; 8 by default. All of them are computed at once: {@link #batchSize(BatchSize)} lets them be
     * computed in parts.
     *
     * @param rows at least 1
     * @return a new tuner with that setting
     */
    public FineTuner batchSize(int rows) {
        return batchSize(BatchSize.of(rows));
    }

    /**
     * Rows in a training batch, and whether it is computed in parts where memory doesn't suffice for it at once: {@code
     * batchSize(BatchSize.auto(32))}.
     *
     * @param size how many
     * @return a new tuner with that setting
     */
    public FineTuner batchSize(BatchSize size) {
        Objects.requireNonNull(size, "size");
        return training(now -> now.batchSize(size));
    }

    /**
     * How the learning rate changes; linear decay without warm-up by default. A warm-up that was said before stays, unless
     * the schedule names its own.
     *
     * @param schedule what the learning rate is multiplied by, step by step
     * @return a new tuner with that setting
     * @throws FinetuneException if it has no warm-up ({@link Schedule#constant}), but one was said
     */
    public FineTuner schedule(Schedule schedule) {
        Objects.requireNonNull(schedule, "schedule");
        return with(draft -> draft.schedule(schedule));
    }

    /**
     * Steps in which the learning rate rises from 0, whatever the schedule, and whether that is said before or after; none
     * by default. In place of {@link #warmupRatio}, if that was said before.
     *
     * @param steps at least 0
     * @return a new tuner with that setting
     * @throws FinetuneException if they are negative, or if the schedule has no warm-up ({@link Schedule#constant})
     */
    public FineTuner warmupSteps(long steps) {
        return with(draft -> draft.warmup(new Warmup(steps, 0)));
    }

    /**
     * The share of all steps in which the learning rate rises from 0, whatever the schedule, and whether that is said before
     * or after; none by default. In place of {@link #warmupSteps}, if those were said before.
     *
     * @param ratio from 0 to 1
     * @return a new tuner with that setting
     * @throws FinetuneException if it isn't from 0 to 1, or if the schedule has no warm-up ({@link Schedule#constant})
     */
    public FineTuner warmupRatio(double ratio) {
        return with(draft -> draft.warmup(new Warmup(0, ratio)));
    }

    /**
     * Decoupled weight decay, not applied to biases and norms; 0 by default. Said before or after the optimizer.
     *
     * @param weightDecay the rate, at least 0; 0.01 is usual
     * @return a new tuner with that setting
     */
    public FineTuner weightDecay(double weightDecay) {
        return weightDecay(WeightDecay.of(weightDecay));
    }

    /**
     * Decoupled weight decay, and which parameters are spared; none by default. Said before or after the optimizer.
     *
     * @param weightDecay the rate, and which parameters it spares
     * @return a new tuner with that setting
     */
    public FineTuner weightDecay(WeightDecay weightDecay) {
        Objects.requireNonNull(weightDecay, "weightDecay");
        return with(draft -> draft.weightDecay(weightDecay));
    }

    /**
     * The rule that changes parameters; AdamW by default. A weight decay that was said before stays, unless the optimizer
     * names its own.
     *
     * @param optimizer the rule and its constants
     * @return a new tuner with that setting
     */
    public FineTuner optimizer(OptimizerSettings optimizer) {
        Objects.requireNonNull(optimizer, "optimizer");
        return with(draft -> draft.optimizer(optimizer));
    }

    /**
     * The precision of matrix products; float32 by default.
     *
     * @param precision of products in training and in the evaluations on its way; {@link FineTuned} evaluates and
     *     predicts in float32
     * @return a new tuner with that setting
     */
    public FineTuner precision(Precision precision) {
        Objects.requireNonNull(precision, "precision");
        return training(now -> now.precision(precision));
    }

    /**
     * Stops when the metric that {@link #keepBest(String)} names, or else the task's main metric, hasn't improved in {@code
     * patience} evaluations, and keeps the best weights.
     *
     * @param patience at least 1
     * @return a new tuner with that setting
     */
    public FineTuner earlyStopping(int patience) {
        return earlyStopping("", patience, 0);
    }

    /**
     * Stops when a metric hasn't improved by {@code minimumChange} in {@code patience} evaluations, and keeps the weights at
     * which it was best, or those at which the metric was that {@link #keepBest(String)} names.
     *
     * @param metric one of the task's, such as "f1" or "loss"
     * @param patience at least 1
     * @param minimumChange at least 0, in the metric's unit
     * @return a new tuner with that setting
     */
    public FineTuner earlyStopping(String metric, int patience, double minimumChange) {
        Objects.requireNonNull(metric, "metric");
        return training(now -> now.earlyStopping(Optional.of(new EarlyStopping(metric, patience, minimumChange)))
                .keepBest(now.keepBest().or(() -> Optional.of(new KeepBest("")))));
    }

    /**
     * Restores the weights of the best evaluation at the end, by the metric that {@link #earlyStopping(String, int, double)}
     * or {@link #keepBest(String)} names, or else by the task's main metric; the last weights are kept by default, as by the
     * Trainer.
     *
     * @return a new tuner with that setting
     */
    public FineTuner keepBest() {
        return training(now -> now.keepBest(now.keepBest().or(() -> Optional.of(new KeepBest("")))));
    }

    /**
     * Restores the weights of the evaluation at which the metric was best.
     *
     * @param metric one of the task's, such as "f1" or "loss"; whether larger is better follows from its name
     * @return a new tuner with that setting
     */
    public FineTuner keepBest(String metric) {
        Objects.requireNonNull(metric, "metric");
        return training(now -> now.keepBest(Optional.of(new KeepBest(metric))));
    }

    /**
     * The number of optimizer steps, in place of those that the epochs make, be they more or fewer; 0, the default, for
     * those.
     *
     * @param steps at least 0
     * @return a new tuner with that setting
     */
    public FineTuner maxSteps(long steps) {
        return training(now -> now.maxSteps(steps));
    }

    /**
     * Stops at the first step after this time.
     *
     * @param time of training, evaluations included; where it goes on from a checkpoint, the time before isn't counted
     * @return a new tuner with that setting
     * @throws FinetuneException if it isn't above 0
     */
    public FineTuner maxTime(Duration time) {
        Objects.requireNonNull(time, "time");
        return training(now -> now.maxTime(Optional.of(time)));
    }

    /**
     * Saves the training under way from time to time, so that it can go on after a crash, a kill or a stop with the bits that
     * it would have had. Search and cross-validation use a folder in that directory for each training. A
     * test of learning rates writes none.
     *
     * <pre>{@code
     * tuner.checkpoints(Checkpoints.in(Path.of("checkpoints")).resume())   // goes on, if there is one
     * }</pre>
     *
     * @param checkpoints where and how often, and what becomes of those that are there; to resume them takes the place of an
     *     earlier {@link #resumeFrom}
     * @return a new tuner with that setting
     */
    public FineTuner checkpoints(Checkpoints checkpoints) {
        Objects.requireNonNull(checkpoints, "checkpoints");
        return with(draft -> draft.checkpoints(checkpoints));
    }

    /**
     * Goes on from a checkpoint that {@link #checkpoints} wrote, and goes on writing there, unless another place is said. All
     * that changes what is computed must be as it was then: the settings, the model that training started from, and the
     * data; {@link #maxTime} and listeners may differ. A training that had come to its end gives its result again.
     *
     * @param directory of checkpoints, the last whole one of which is taken, or one of them
     * @return a new tuner with that setting; fitting throws a {@link FinetuneException} if there is no checkpoint, or if it is
     *     of another training, with the differences
     */
    public FineTuner resumeFrom(Path directory) {
        Objects.requireNonNull(directory, "directory");
        return with(draft -> draft.resumeFrom(directory));
    }

    /**
     * The seed of everything random; 42 by default.
     *
     * @param seed any number
     * @return a new tuner with that setting
     */
    public FineTuner seed(long seed) {
        return training(now -> now.seed(seed));
    }

    /**
     * The longest input in tokens; longer texts are cut, and passages that questions are asked of are read in windows. What
     * the model can take by default, at most 512, or 384 for question answering. Models of pictures, which have no tokens,
     * refuse it.
     *
     * @param tokens at least 4, special tokens included
     * @return a new tuner with that setting
     * @throws FinetuneException if it is below 4; where the model is loaded, if that can't take so many
     */
    public FineTuner maxLength(int tokens) {
        if (tokens < 4) {
            throw new FinetuneException("maxLength must be at least 4 (special tokens count), but is " + tokens + ".");
        }
        return with(draft -> draft.maxLength(tokens));
    }

    /**
     * Changes training inputs at random, in that order, anew in every epoch; nothing by default.
     *
     * @param augmentations of the kind of input that the model reads; none for no change
     * @return a new tuner with that setting
     */
    public FineTuner augment(Augmentation... augmentations) {
        Objects.requireNonNull(augmentations, "augmentations");
        return with(draft -> draft.augmentations(List.of(augmentations)));
    }

    /**
     * How inputs become numbers; what the checkpoint says by default.
     *
     * @param settings of the family, such as {@code Preprocessing} for pictures
     * @return a new tuner with that setting
     */
    public FineTuner inputs(InputSettings settings) {
        Objects.requireNonNull(settings, "settings");
        return with(draft -> draft.inputs(settings));
    }

    /**
     * Where to compute: by default the GPU if one can be used, else the CPU.
     *
     * @param device which is to be used, or whichever there is
     * @return a new tuner with that setting
     */
    public FineTuner device(DeviceChoice device) {
        Objects.requireNonNull(device, "device");
        return training(now -> now.device(device));
    }

    /**
     * Which version of a model of the hub is fetched, from where, and who hears of it: {@code hub(h -> h.revision("v2"))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner hub(UnaryOperator<HubAccess> change) {
        Objects.requireNonNull(change, "change");
        return with(draft -> draft.source(from -> from.hub(changed(change, from.hub()))));
    }

    /**
     * What of the checkpoint training starts from: {@code initialization(i -> i.randomWeights(true))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner initialization(UnaryOperator<Initialization> change) {
        Objects.requireNonNull(change, "change");
        return with(draft -> draft.initialization(now -> changed(change, now)));
    }

    /**
     * What becomes of gradients before a step: {@code optimization(o -> o.accumulate(4))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner optimization(UnaryOperator<Optimization> change) {
        Objects.requireNonNull(change, "change");
        return training(now -> now.optimization(changed(change, now.optimization())));
    }

    /**
     * In which order rows come into batches: {@code batching(b -> b.groupByLength(false))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner batching(UnaryOperator<Batching> change) {
        Objects.requireNonNull(change, "change");
        return training(now -> now.batching(changed(change, now.batching())));
    }

    /**
     * How a loss over classes is shaped: {@code loss(l -> l.labelSmoothing(0.1))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner loss(UnaryOperator<LossOptions> change) {
        Objects.requireNonNull(change, "change");
        return with(draft -> draft.loss(now -> changed(change, now)));
    }

    /**
     * How gently what was pretrained is changed: {@code preservation(p -> p.layerDecay(0.9).l2sp(0.01))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner preservation(UnaryOperator<KnowledgePreservation> change) {
        Objects.requireNonNull(change, "change");
        return training(now -> now.preservation(changed(change, now.preservation())));
    }

    /**
     * What keeps the network from following chance: {@code regularization(r -> r.dropout(0.1))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner regularization(UnaryOperator<Regularization> change) {
        Objects.requireNonNull(change, "change");
        return training(now -> now.regularization(changed(change, now.regularization())));
    }

    /**
     * On what, how often and in what batches training is evaluated: {@code evaluation(e -> e.everySteps(100))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner evaluation(UnaryOperator<Evaluation> change) {
        Objects.requireNonNull(change, "change");
        return training(now -> now.evaluation(changed(change, now.evaluation())));
    }

    /**
     * How what is asked for is computed, in time and memory: {@code execution(e -> e.gradientCheckpointing(true))}.
     *
     * @param change gives the settings that are wanted for those that are there, which it leaves as they are
     * @return a new tuner with them
     * @throws FinetuneException if one is out of its range, or contradicts what else was said
     */
    public FineTuner execution(UnaryOperator<Execution> change) {
        Objects.requireNonNull(change, "change");
        return training(now -> now.execution(changed(change, now.execution())));
    }

    /**
     * Adds a listener that is told what happens while training.
     *
     * @param listener called on the thread that trains
     * @return a new tuner with that setting
     */
    public FineTuner listener(TrainingListener listener) {
        Objects.requireNonNull(listener, "listener");
        return with(draft -> draft.listener(listener));
    }

    /**
     * Shows the fit when it has ended, on one page of HTML that needs nothing else: settings, data, layers, curves, metrics with
     * their intervals, mistakes, and what to try next. Beside it goes what it shows as JSON, {@link
     * dev.finetune.record.FitRecord}, by which fits are compared ({@link Reports}). Both show rows of the validation data, which is
     * predicted once more for that. A training that fails on its way is shown as far as it came; and a report that can't be
     * written in the end is warned of, and the model is returned all the same.
     *
     * <p>Needs the artifact dev.finetune:finetune-report. Not for {@link #crossValidate}, which trains several models; searches have a page of their own.
     *
     * @param page a file that ends with .html, replaced if it is there; its folders are made
     * @return a new tuner with that setting
     */
    public FineTuner report(Path page) {
        Objects.requireNonNull(page, "page");
        return with(draft -> draft.report(page));
    }

    /**
     * Has a language model write for the first {@code rows} rows of the validation data before training and after it, so that it is
     * seen what it learned: the report shows prompt, reference and both answers side by side, {@link FineTuned#samples()} gives them,
     * and listeners are told. It writes greedily, at most 64 tokens, all else as the model's generation_config.json says.
     *
     * @param rows at least 1
     * @return a new tuner with that setting
     * @throws FinetuneException as {@link #samples(int, Generation)}
     */
    public FineTuner samples(int rows) {
        return samples(rows, Generation.greedy().maxNewTokens(64));
    }

    /**
     * The same with other settings of how it writes.
     *
     * <p>The prompt is the text, and its {@code Label.completion} the reference; of a conversation all that comes before the last message
     * of the assistant; of a text without a completion the first half, at most 200 characters, and what follows there. Rows without
     * one of them, and those that leave no room for new tokens, are passed over.
     *
     * @param rows at least 1
     * @param settings how it writes, one text a row
     * @return a new tuner with that setting
     * @throws FinetuneException if there is no row, or several texts a row; where the model is trained, if it doesn't write, if there
     *     is no validation data, or none of its rows can be written for
     */
    public FineTuner samples(int rows, Generation settings) {
        Objects.requireNonNull(settings, "settings");
        return with(draft -> draft.samples(new SampleSettings(rows, settings)));
    }

    /**
     * What another thread stops training with. Interrupting the thread that trains does the same: the step under way is the
     * last one, what was learned is kept, and the thread stays interrupted.
     *
     * @param cancellation which another thread may cancel, before training or while it goes on
     * @return a new tuner with that setting
     */
    public FineTuner cancellation(Cancellation cancellation) {
        Objects.requireNonNull(cancellation, "cancellation");
        return with(draft -> draft.cancellation(cancellation));
    }

    /**
     * Trains as one of several processes, each of which runs the same program: each computes its part of the rows of every step, so that
     * {@code n} processes with {@link #batchSize(int)} 8 train as one with {@code 8 n} does, all with the same weights. Process 0
     * alone tells listeners, writes checkpoints, reports and models (in the others {@link FineTuned#save(Path)} and its like do
     * nothing), and reads the checkpoint to go on from; evaluations are shared, and cancelling, time limits and early stopping
     * end all together. Settings and models that differ are refused. A process that dies or hangs ends all others with an error
     * that names it (a {@link dev.finetune.error.LostProcessException}); started again with {@link #checkpoints} that resume, they go
     * on as if nothing had happened. Batch norms
     * that train take the statistics of each process's own rows. For {@link #fit(Dataset)}, {@link #fit(Dataset, Dataset)} and
     * {@link #fitAll(Dataset)}.
     *
     * @param processes which of the processes this one is, and where they meet
     * @return a new tuner with that setting
     */
    public FineTuner distributed(Processes processes) {
        Objects.requireNonNull(processes, "processes");
        return with(draft -> draft.processes(processes));
    }

    /**
     * Trains, evaluating on a stratified, seeded part of the data that is held back.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @return the trained and evaluated model, to be closed by the caller
     * @throws FinetuneException if settings, model or data don't fit together; the message says what and how to mend it
     */
    public <I> FineTuned<I> fit(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        final Split<I> split = reading(() -> split(dataset));
        final Fitting<I> fitting = reading(() -> new Fitting<>(draft));
        return new FineTuned<>(fitting.fit(split, dataset));
    }

    /**
     * {@return what is read, or made ready, before a fit, and may fail in one of several processes only} Where it fails, this process waits
     * for the others to come to their fit, tells them, and all end with what it failed of; else they would wait for it as long as {@link
     * Processes#startTimeout} lets them. Without {@link #distributed} it is the same as doing the work.
     *
     * <pre>{@code
     * Dataset<Text> part = tuner.reading(() -> TextFiles.tsv(Path.of("part-" + processes.rank() + ".tsv")).classification());
     * }</pre>
     *
     * @param <T> what it is
     * @param work reads it; what it throws is thrown
     */
    public <T> T reading(Supplier<T> work) {
        Objects.requireNonNull(work, "work");
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            draft.processes().ifPresent(self -> Companions.decline(self, e));
            throw e;
        }
    }

    /**
     * Trains on one data set and evaluates on another.
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on, which are not learned from
     * @return the trained and evaluated model, to be closed by the caller
     * @throws FinetuneException if settings, model or data don't fit together; the message says what and how to mend it
     */
    public <I> FineTuned<I> fit(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        return new FineTuned<>(reading(() -> new Fitting<I>(draft)).fit(train, Optional.of(validation)));
    }

    /**
     * Trains without evaluating.
     *
     * @param <I> the kind of input
     * @param train labelled examples, all of which are learned from
     * @return the trained model, to be closed by the caller; it has no evaluation
     * @throws FinetuneException if settings, model or data don't fit together, or with {@link #earlyStopping(int)} or {@link
     *     #keepBest()}, which need data to evaluate on
     */
    public <I> FineTuned<I> fitAll(Dataset<I> train) {
        Objects.requireNonNull(train, "train");
        return new FineTuned<>(reading(() -> new Fitting<I>(draft)).fit(train, Optional.empty()));
    }

    /**
     * {@return the same as {@link #fitFewShot(Dataset, FewShot)} with SetFit's defaults}
     *
     * @param <I> the kind of input
     * @param train labelled examples, a few a class
     */
    public <I> FineTuned<I> fitFewShot(Dataset<I> train) {
        Objects.requireNonNull(train, "train");
        return fitFewShot(train, FewShot.usual());
    }

    /**
     * Learns from a few examples a class as SetFit does (Tunstall et al., 2022): pairs of examples teach the network what
     * is alike, in one pass with a warm-up of a tenth at this tuner's learning rate, {@link #batchSize} pairs at a time;
     * then the head's last layer becomes a logistic regression on what it reads. Where that layer's output is rectified
     * before its mean is taken (SqueezeNet), all biases are raised alike, so that nothing of these examples is cut off: the
     * probabilities are the regression's. Where the checkpoint lacks the layers through which its head would read the first token (a
     * pooler), the head reads the mean of the tokens' vectors instead, or what the model's modules.json says, as SetFit does; a
     * model that was saved so loads here, not in Transformers. The result is a model like any other, not yet evaluated.
     *
     * <p>Of this tuner's settings {@link #epochs}, {@link #schedule} and {@link #batching} aren't
     * heeded: pairs are drawn, shuffled, and seen once.
     *
     * @param <I> the kind of input
     * @param train labelled examples, a few a class
     * @param settings how many pairs a row, and how strong the regression's pull is
     * @return the trained model, to be closed by the caller; it has no evaluation
     * @throws FinetuneException if the head isn't for one class of several; for data that is a stream or of one class; with
     *     LoRA, IA3 or another adapter, or {@link Regularization#rDrop(double)}; and with what has no part in it: class
     *     weights, balanced sampling, label smoothing, the focal loss, mixing examples, early stopping and keeping the best
     *     weights
     */
    public <I> FineTuned<I> fitFewShot(Dataset<I> train, FewShot settings) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(settings, "settings");
        return new FineTuned<>(new FewShotFitting<I>(draft, settings).fit(train));
    }

    /**
     * {@return the same as {@link #fitContrastive(Dataset, Contrast)} with the defaults of sentence-transformers}
     *
     * @param <I> the kind of input
     * @param train examples with a class each, or pairs of texts that mean the same
     */
    public <I> FineTuned<I> fitContrastive(Dataset<I> train) {
        Objects.requireNonNull(train, "train");
        return fitContrastive(train, Contrast.usual());
    }

    /**
     * Teaches vectors what is alike, for search and comparison: the vectors of two inputs of one class, or of a pair of texts,
     * are to be nearer to each other than to those of the other pairs of their batch (see {@link Contrast}; {@link #batchSize}
     * is in pairs, and the more of them the better). In an epoch each input comes first in one pair; all pairs of a batch are
     * of different classes. The result gives vectors, {@code predict(input, Prediction.Vector.class)}; saved, {@link
     * #embedder(Pooling)} does.
     *
     * <p>Vectors are pooled as the model's modules.json says, where there is one and it says one way that {@link Pooling} has,
     * else they are the mean of those of the tokens; {@code head(Heads.features(Pooling.CLS))} says otherwise. Of this
     * tuner's settings {@link #batching} isn't heeded: pairs are drawn.
     *
     * @param <I> the kind of input
     * @param train examples with one class each, or pairs of texts without labels, each of which is a class of its own
     * @param settings the scale of cosines
     * @return the trained model, to be closed by the caller; it has no evaluation
     * @throws FinetuneException if the head isn't one for vectors; for data that is a stream, has other labels, or not two
     *     classes of two examples; for batches of one pair; and with what has no part in it: {@link
     *     Regularization#rDrop(double)}, batches in parts, class weights, balanced sampling, label smoothing, the
     *     focal loss, early stopping and keeping the best weights
     */
    public <I> FineTuned<I> fitContrastive(Dataset<I> train, Contrast settings) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(settings, "settings");
        return new FineTuned<>(new ContrastFitting<I>(draft, settings).fit(train));
    }

    /**
     * {@return the model, trained on all of some pairs of answers without being evaluated} As {@link #fitPreferences(Dataset,
     * Dataset, PreferenceLoss)}.
     *
     * @param <I> the kind of input
     * @param train prompts, each with two answers of which one is preferred
     * @param loss what is made small: {@code Dpo.beta(0.1)}
     */
    public <I> FineTuned<I> fitPreferences(Dataset<I> train, PreferenceLoss loss) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(loss, "loss");
        return new FineTuned<>(new PreferenceFitting<I>(draft, loss).fit(train, Optional.empty()));
    }

    /**
     * Teaches a language model which of two answers to a prompt is preferred, mostly after it was taught to answer at all: by {@link
     * Dpo}, which holds it to what it was, or by {@link Orpo}.
     *
     * <pre>{@code
     * FineTuned<Chat> tuned = FineTuner.from("Qwen/Qwen3-0.6B").lora(Lora.rank(16)).head(Heads.causalLm()).lr(5e-6)
     *         .fitPreferences(ChatFiles.jsonl(path).preferences(), Dpo.beta(0.1));
     * }</pre>
     *
     * <p>What DPO compares with is the model as it was before its first step, its adapter included: with a new one that is the base.
     * It is asked of all pairs once, before training, so that no second model is needed. A batch holds {@link #batchSize} pairs. The
     * checkpoint's dropout is left out unless {@code regularization(r -> r.dropout(...))} says one, as TRL does. Pairs of which an
     * answer lies beyond {@link #maxLength} altogether, or whose answers are the same within it, are left out and told of.
     *
     * <p>Evaluations have "loss", "reward_accuracy", "reward_margin", "chosen_reward", "rejected_reward", "chosen_log_probability" and
     * "rejected_log_probability": see {@link PreferenceMetrics}; {@link
     * FineTuned#evaluate} gives them of other pairs. {@link #samples(int)} shows what the model writes beside the preferred answer. The
     * result writes, is saved and loaded as one of {@link #fit}.
     *
     * @param <I> the kind of input
     * @param train prompts, each with two answers of which one is preferred
     * @param validation the same, to evaluate on
     * @param loss what is made small: {@code Dpo.beta(0.1)}, {@code Orpo.lambda(0.1)}
     * @return the trained model, to be closed by the caller; its evaluation is of the weights that it has
     * @throws FinetuneException if the head isn't {@code Heads.causalLm()}, or the model one with an encoder; for data that is a
     *     stream, has other labels, or no pair that can be learned from; for packed rows; and with what has no part in it:
     *     {@link Regularization#rDrop(double)}, class weights, balanced sampling, label smoothing of tokens, the focal loss
     */
    public <I> FineTuned<I> fitPreferences(Dataset<I> train, Dataset<I> validation, PreferenceLoss loss) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(loss, "loss");
        return new FineTuned<>(new PreferenceFitting<I>(draft, loss).fit(train, Optional.of(validation)));
    }

    /**
     * Trains as many models as there are folds, each without one fold and evaluated on it (see {@link Dataset#folds}), and
     * closes them: how good a model of these settings is, and how much that depends on the data. Every model starts from
     * the same seed.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @param folds how many, 5 or 10 usually
     * @return the metrics of each fold
     * @throws FinetuneException if settings, model or data don't fit together, or if there can't be so many folds
     */
    public <I> CrossValidation crossValidate(Dataset<I> dataset, int folds) {
        Objects.requireNonNull(dataset, "dataset");
        return new CrossValidating<I>(draft).run(dataset, folds);
    }

    /**
     * Tries learning rates from 1e-7 to 1 in 100 steps (Smith, "Cyclical learning rates for training neural networks",
     * 2015) on a model of its own, which is thrown away, and suggests one. Of {@link
     * KnowledgePreservation#layerDecay(double)}, unfreezing, averaging and what is added to the loss only the first is
     * heeded: the others need a run of their own length.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @return the loss at each rate, and the rate that is suggested
     * @throws FinetuneException if settings, model or data don't fit together
     */
    public <I> LearningRateTest findLearningRate(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        return findLearningRate(dataset, LearningRateTest.Range.usual());
    }

    /**
     * Tries the learning rates of a range; as {@link #findLearningRate(Dataset)} in all else.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @param range the lowest and highest rate, and in how many steps
     * @return the loss at each rate, and the rate that is suggested
     * @throws FinetuneException if settings, model or data don't fit together
     */
    public <I> LearningRateTest findLearningRate(Dataset<I> dataset, LearningRateTest.Range range) {
        Objects.requireNonNull(dataset, "dataset");
        Objects.requireNonNull(range, "range");
        return new RateFinding<I>(draft, range).run(dataset);
    }

    /**
     * {@return what {@link #fit(Dataset)} would do, and what it would take on this machine, in time and memory} As {@link
     * #describe(Dataset, Dataset)}.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     */
    public <I> Forecast describe(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        final Split<I> split = split(dataset);
        return new Rehearsing<I>(knowing(dataset)).describe(split.train(), Optional.of(split.validation()));
    }

    /**
     * Tells, before it runs, what {@link #fit(Dataset, Dataset)} would do: layers that are trained, steps, time, memory, and what
     * will hurt. Loads the model, encodes all rows, makes two steps of the longest ones, for memory, and then trains and evaluates
     * for some 10 seconds on batches that take as long as the others do on average, but at least four steps of each epoch that
     * differs from the one before: where outputs of frozen stages are kept, two; while stages unfreeze, all. The model is thrown
     * away. No listener is told, nothing is written.
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on
     * @return all of it, which prints as a page
     * @throws FinetuneException as fit would, up to there
     */
    public <I> Forecast describe(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        return new Rehearsing<I>(draft).describe(train, Optional.of(validation));
    }

    /**
     * {@return what {@link #fitAll(Dataset)} would do, and what it would take} As {@link #describe(Dataset, Dataset)}.
     *
     * @param <I> the kind of input
     * @param train labelled examples, all of which are learned from
     */
    public <I> Forecast describeAll(Dataset<I> train) {
        Objects.requireNonNull(train, "train");
        return new Rehearsing<I>(draft).describe(train, Optional.empty());
    }

    /**
     * {@return what {@link #fitPreferences(Dataset, PreferenceLoss)} would do, and what it would take} As {@link #describe(Dataset,
     * Dataset, PreferenceLoss)}.
     *
     * @param <I> the kind of input
     * @param train prompts, each with two answers of which one is preferred
     * @param loss what is made small
     */
    public <I> Forecast describe(Dataset<I> train, PreferenceLoss loss) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(loss, "loss");
        return new Rehearsing<I>(draft, loss).describe(train, Optional.empty());
    }

    /**
     * Tells, before it runs, what {@link #fitPreferences(Dataset, Dataset, PreferenceLoss)} would do, as {@link #describe(Dataset,
     * Dataset)} does. For {@link Dpo} the model is asked of all pairs first, as the fit does: what that takes is counted with encoding.
     *
     * @param <I> the kind of input
     * @param train prompts, each with two answers of which one is preferred
     * @param validation the same, to evaluate on
     * @param loss what is made small
     * @return all of it, which prints as a page
     * @throws FinetuneException as fitPreferences would, up to there
     */
    public <I> Forecast describe(Dataset<I> train, Dataset<I> validation, PreferenceLoss loss) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(loss, "loss");
        return new Rehearsing<I>(draft, loss).describe(train, Optional.of(validation));
    }

    /**
     * {@return what one step of {@link #fit(Dataset)} did} As {@link #dryRun(Dataset, Dataset)}.
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     */
    public <I> DryRun dryRun(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        final Split<I> split = split(dataset);
        return new Rehearsing<I>(knowing(dataset)).dryRun(split.train(), Optional.of(split.validation()));
    }

    /**
     * Does all that {@link #fit(Dataset, Dataset)} does up to the first step, makes that, and another for the memory that an
     * optimizer takes, of the longest rows, evaluates a batch of the longest rows, and stops: whether data, settings, model and memory fit together. The model is thrown away. No
     * listener is told, nothing is written.
     *
     * @param <I> the kind of input
     * @param train labelled examples to learn from
     * @param validation labelled examples to evaluate on
     * @return what the step did
     * @throws FinetuneException as fit would, up to there
     */
    public <I> DryRun dryRun(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        return new Rehearsing<I>(draft).dryRun(train, Optional.of(validation));
    }

    /**
     * {@return what one step of {@link #fitPreferences(Dataset, PreferenceLoss)} did} As {@link #dryRun(Dataset, Dataset,
     * PreferenceLoss)}.
     *
     * @param <I> the kind of input
     * @param train prompts, each with two answers of which one is preferred
     * @param loss what is made small
     */
    public <I> DryRun dryRun(Dataset<I> train, PreferenceLoss loss) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(loss, "loss");
        return new Rehearsing<I>(draft, loss).dryRun(train, Optional.empty());
    }

    /**
     * Does all that {@link #fitPreferences(Dataset, Dataset, PreferenceLoss)} does up to the first step, makes that, and stops, as
     * {@link #dryRun(Dataset, Dataset)} does.
     *
     * @param <I> the kind of input
     * @param train prompts, each with two answers of which one is preferred
     * @param validation the same, to evaluate on
     * @param loss what is made small
     * @return what the step did
     * @throws FinetuneException as fitPreferences would, up to there
     */
    public <I> DryRun dryRun(Dataset<I> train, Dataset<I> validation, PreferenceLoss loss) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        Objects.requireNonNull(loss, "loss");
        return new Rehearsing<I>(draft, loss).dryRun(train, Optional.of(validation));
    }

    /**
     * {@return what will hurt in data, as {@link #check(Dataset, Dataset)} finds it}
     *
     * @param <I> the kind of input
     * @param train examples to learn from
     */
    public <I> DataReport check(Dataset<I> train) {
        Objects.requireNonNull(train, "train");
        return new Checking<I>(draft).check(train, Optional.empty());
    }

    /**
     * Checks data thoroughly, as {@link dev.finetune.data.DataCheck#report} does, and as this tuner's model would read it: of a language
     * model how many tokens the examples have, how many of these are learned to be written, how rows are filled, which examples are
     * cut off, and of which nothing is left to learn. The model is loaded for its tokenizer, and not trained.
     *
     * @param <I> the kind of input
     * @param train examples to learn from
     * @param validation examples to evaluate on
     * @return all that was found, which prints as a page
     * @throws FinetuneException if settings, model and data don't fit together
     */
    public <I> DataReport check(Dataset<I> train, Dataset<I> validation) {
        Objects.requireNonNull(train, "train");
        Objects.requireNonNull(validation, "validation");
        return new Checking<I>(draft).check(train, Optional.of(validation));
    }

    /** With the head's labels: a rare one may only be in the part that is held back. */
    private Draft knowing(Dataset<?> dataset) {
        return draft.head(LoadedModel.head(draft, dataset));
    }

    /**
     * {@return the parts that {@link #fit(Dataset)} trains and evaluates on}
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     */
    public <I> Split<I> split(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        return dataset.split(
                draft.training().evaluation().validationFraction(),
                draft.training().seed());
    }

    /** {@return what stops a training of this tuner from another thread} */
    public Cancellation cancellation() {
        return draft.cancellation();
    }

    /**
     * {@return where checkpoints are written, if they are}
     *
     * @throws FinetuneException if {@link #resumeFrom} names another directory, which only the training of one model can go on
     *     from
     */
    public Optional<Checkpoints> checkpoints() {
        return draft.runs().only();
    }

    /** {@return which of several processes this one is, if it was said} */
    public Optional<Processes> processes() {
        return draft.processes();
    }

    /** {@return where a page that shows the fit is written, if one is} */
    public Optional<Path> report() {
        return draft.report();
    }

    /** {@return how this tuner would train} */
    public TrainingSettings settings() {
        return draft.settings();
    }

    /**
     * {@return the model as it is, without training, its labels found in a data set: to see what a head has before it
     * learns}
     *
     * @param <I> the kind of input
     * @param dataset labelled examples
     * @throws FinetuneException if settings, model and data don't fit together
     */
    public <I> FineTuned<I> untrained(Dataset<I> dataset) {
        Objects.requireNonNull(dataset, "dataset");
        return new FineTuned<>(new Fitting<I>(draft).untrained(dataset));
    }

    /**
     * {@return the model as it is, without training: to evaluate what it knew before, or to predict with a checkpoint
     * that was fine-tuned elsewhere} Labels must be known, from the head or from the checkpoint. An adapter's
     * calibration is that which it was saved with; without an adapter, and with the checkpoint's own head, that of the
     * checkpoint, and its {@link #maxLength} unless another is set.
     *
     * @param <I> the kind of input
     * @param inputType what the model reads, such as {@code Text.class}
     * @throws FinetuneException if they aren't, if settings and model don't fit together, or if the model reads other inputs
     */
    public <I> FineTuned<I> untrained(Class<I> inputType) {
        Objects.requireNonNull(inputType, "inputType");
        return new FineTuned<>(new Fitting<I>(draft).untrained(inputType));
    }

    /** The model as its checkpoint was saved, whatever kind of input it reads. */
    FineTuned<?> saved() {
        return new FineTuned<>(Fitting.saved(draft));
    }

    /**
     * {@return vectors of texts from the encoder as it is, for an index or a classifier of your own}
     *
     * @param pooling how the vectors of a text's tokens become one
     * @throws FinetuneException if settings and model don't fit together, or if the model reads no texts
     */
    public Embedder<String> embedder(Pooling pooling) {
        Objects.requireNonNull(pooling, "pooling");
        return new Embedder<>(head(Heads.features(pooling)).untrained(Text.class), Text::of);
    }

    /**
     * {@return vectors of inputs of any kind from the network as it is: of pictures, {@code embedder(Image.class)}}
     *
     * @param <I> the kind of input
     * @param inputs what the model reads
     * @throws FinetuneException if settings and model don't fit together, or if the model reads other inputs
     */
    public <I> Embedder<I> embedder(Class<I> inputs) {
        Objects.requireNonNull(inputs, "inputs");
        return new Embedder<>(head(Heads.features(Pooling.MEAN)).untrained(inputs), Function.identity());
    }

    /**
     * {@return the network layer by layer: shape, parameters, frozen or trained, and totals} Loads the model to tell.
     */
    public String summary() {
        return new Fitting<>(draft).summary();
    }

    /**
     * {@return every setting, one a line, in words: first those that differ from the defaults, then the others, marked
     * as default} What a fit would take {@link #describe(Dataset)} tells.
     */
    public String describe() {
        return SettingsText.describe(draft);
    }

    @Override
    public String toString() {
        return "FineTuner.from(\"" + draft.source().name() + "\")";
    }

    private FineTuner with(UnaryOperator<Draft> change) {
        return new FineTuner(change.apply(draft));
    }

    private static <T> T changed(UnaryOperator<T> change, T settings) {
        return Objects.requireNonNull(change.apply(settings), "what change gives");
    }

    private FineTuner training(UnaryOperator<TrainingSettings> change) {
        return with(draft -> draft.training(change));
    }
}
