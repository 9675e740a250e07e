package dev.finetune.train;

import java.time.Duration;
import java.util.Optional;

/** Training settings that a test changes one by one. */
final class Settings {
    double learningRate = 1e-2;
    KnowledgePreservation preservation = KnowledgePreservation.NONE;
    double epochs = 1;
    long maxSteps;
    Optional<Duration> maxTime = Optional.empty();
    int batchSize = 8;
    int evaluationBatchSize = 8;
    int accumulation = 1;
    boolean batchesInParts;
    double maxGradientNorm = 1;
    Precision precision = Precision.FLOAT32;
    boolean gradientCheckpointing;
    boolean keepFrozenOutputs = true;
    long evaluateEvery;
    Optional<EarlyStopping> earlyStopping = Optional.empty();
    boolean keepBest;

    TrainingSettings make() {
        return make(Schedule.constant());
    }

    TrainingSettings make(Schedule schedule) {
        return new TrainingSettings(
                learningRate,
                OptimizerSettings.adamW(),
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
                true,
                true,
                evaluateEvery,
                earlyStopping,
                keepBest,
                "",
                true,
                true,
                42,
                DeviceChoice.CPU);
    }
}
