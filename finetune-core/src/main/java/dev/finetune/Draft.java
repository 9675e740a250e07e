package dev.finetune;

import dev.finetune.hub.DownloadListener;
import dev.finetune.hub.HubSettings;
import dev.finetune.spi.Augmentation;
import dev.finetune.spi.InputSettings;
import dev.finetune.spi.MemoryFormat;
import dev.finetune.task.LossOptions;
import dev.finetune.train.Cancellation;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.EarlyStopping;
import dev.finetune.train.GentleSettings;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Precision;
import dev.finetune.train.Schedule;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The settings of a {@link FineTuner} while they are being said. Copied at every call, so that a tuner never changes. */
final class Draft {
    String model = "";
    String revision = "main";

    @Nullable
    HubSettings hub;

    DownloadListener downloads = DownloadListener.none();

    @Nullable
    Head head;

    List<FreezeRule> freezing = List.of();
    int maxLength;
    List<Augmentation> augmentations = List.of();

    @Nullable
    InputSettings inputSettings;

    MemoryFormat memoryFormat = MemoryFormat.AUTO;
    double dropout = Double.NaN;

    @Nullable
    PeftMethod method;

    @Nullable
    Path adapter;

    boolean randomWeights;
    double validationFraction = 0.1;
    boolean balancedClassWeights;
    boolean balancedSampling;
    LossOptions loss = LossOptions.PLAIN;

    double learningRate = 5e-5;
    OptimizerSettings optimizer = OptimizerSettings.adamW();
    Schedule schedule = Schedule.linear();
    GentleSettings gentle = GentleSettings.NONE;
    double epochs = 3;
    long maxSteps;
    Optional<Duration> maxTime = Optional.empty();
    int batchSize = 8;
    int evaluationBatchSize = 32;
    int accumulation = 1;
    double maxGradientNorm = 1;
    Precision precision = Precision.FLOAT32;
    boolean gradientCheckpointing;
    boolean keepFrozenOutputs = true;
    boolean leanBackward = true;
    boolean skipUnread = true;
    long evaluateEvery;
    Optional<EarlyStopping> earlyStopping = Optional.empty();
    boolean keepBest;
    String bestMetric = "";
    boolean shuffle = true;
    boolean groupByLength = true;
    long seed = 42;
    DeviceChoice device = DeviceChoice.AUTO;

    List<TrainingListener> listeners = List.of();
    Cancellation cancellation = new Cancellation();

    /** Freezes what a rule names, or unfreezes it; later rules win. */
    record FreezeRule(Freeze freeze, boolean frozen) {}

    Draft copy() {
        final Draft copy = new Draft();
        copy.model = model;
        copy.revision = revision;
        copy.hub = hub;
        copy.downloads = downloads;
        copy.head = head;
        copy.freezing = freezing;
        copy.maxLength = maxLength;
        copy.augmentations = augmentations;
        copy.inputSettings = inputSettings;
        copy.memoryFormat = memoryFormat;
        copy.dropout = dropout;
        copy.method = method;
        copy.adapter = adapter;
        copy.randomWeights = randomWeights;
        copy.validationFraction = validationFraction;
        copy.balancedClassWeights = balancedClassWeights;
        copy.balancedSampling = balancedSampling;
        copy.loss = loss;
        copy.learningRate = learningRate;
        copy.optimizer = optimizer;
        copy.schedule = schedule;
        copy.gentle = gentle;
        copy.epochs = epochs;
        copy.maxSteps = maxSteps;
        copy.maxTime = maxTime;
        copy.batchSize = batchSize;
        copy.evaluationBatchSize = evaluationBatchSize;
        copy.accumulation = accumulation;
        copy.maxGradientNorm = maxGradientNorm;
        copy.precision = precision;
        copy.gradientCheckpointing = gradientCheckpointing;
        copy.keepFrozenOutputs = keepFrozenOutputs;
        copy.leanBackward = leanBackward;
        copy.skipUnread = skipUnread;
        copy.evaluateEvery = evaluateEvery;
        copy.earlyStopping = earlyStopping;
        copy.keepBest = keepBest;
        copy.bestMetric = bestMetric;
        copy.shuffle = shuffle;
        copy.groupByLength = groupByLength;
        copy.seed = seed;
        copy.device = device;
        copy.listeners = listeners;
        copy.cancellation = cancellation;
        return copy;
    }

    void freeze(Freeze freeze, boolean frozen) {
        final List<FreezeRule> rules = new ArrayList<>(freezing);
        rules.add(new FreezeRule(freeze, frozen));
        freezing = List.copyOf(rules);
    }

    void listen(TrainingListener listener) {
        final List<TrainingListener> all = new ArrayList<>(listeners);
        all.add(listener);
        listeners = List.copyOf(all);
    }

    /** Refuses what no model and no data could be trained with. */
    void check() {
        if (balancedClassWeights && balancedSampling) {
            throw new FinetuneException(
                    "balancedClassWeights() and balancedSampling() both make up for rare classes, and"
                            + " together they would do so twice: use one of the two.");
        }
        training();
    }

    TrainingSettings training() {
        return new TrainingSettings(
                learningRate,
                optimizer,
                schedule,
                gentle,
                epochs,
                maxSteps,
                maxTime,
                batchSize,
                evaluationBatchSize,
                accumulation,
                maxGradientNorm,
                precision,
                gradientCheckpointing,
                keepFrozenOutputs,
                leanBackward,
                evaluateEvery,
                earlyStopping,
                keepBest,
                bestMetric,
                shuffle,
                groupByLength,
                seed,
                device);
    }
}
