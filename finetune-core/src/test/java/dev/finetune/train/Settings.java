package dev.finetune.train;

import java.time.Duration;
import java.util.Optional;

/** Training settings that a test changes one by one; those that none changes are the defaults. */
final class Settings {
    double learningRate = 1e-2;
    KnowledgePreservation preservation = KnowledgePreservation.DEFAULT;
    Regularization regularization = Regularization.DEFAULT;
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
    boolean rowGradients = true;
    long evaluateEvery;
    Optional<EarlyStopping> earlyStopping = Optional.empty();
    boolean keepBest;

    TrainingSettings make() {
        return make(Schedule.constant());
    }

    TrainingSettings make(Schedule schedule) {
        return TrainingSettings.DEFAULT
                .learningRate(learningRate)
                .schedule(schedule)
                .preservation(preservation)
                .regularization(regularization)
                .optimization(Optimization.DEFAULT.accumulate(accumulation).maxGradientNorm(maxGradientNorm))
                .epochs(epochs)
                .maxSteps(maxSteps)
                .maxTime(maxTime)
                .batchSize(new BatchSize(batchSize, batchesInParts))
                .device(DeviceChoice.CPU)
                .precision(precision)
                .execution(Execution.DEFAULT
                        .gradientCheckpointing(gradientCheckpointing)
                        .keepFrozenOutputs(keepFrozenOutputs)
                        .rowGradients(rowGradients))
                .evaluation(Evaluation.DEFAULT.everySteps(evaluateEvery).batchSize(evaluationBatchSize))
                .earlyStopping(earlyStopping)
                .keepBest(keepBest ? Optional.of(new KeepBest("")) : Optional.empty());
    }
}
