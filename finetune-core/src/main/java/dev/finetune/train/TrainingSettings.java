package dev.finetune.train;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Records;
import dev.finetune.internal.Told;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How a model is trained: everything that the loop obeys, said once. The defaults are those of the Transformers Trainer.
 * Immutable: its methods of one argument give variants.
 *
 * @param learningRate the peak rate, above 0; 5e-5 by default
 * @param schedule how the rate changes, linear decay without warm-up by default
 * @param preservation how gently what was pretrained is changed; not at all gently by default
 * @param regularization what keeps the network from following chance; nothing by default
 * @param optimizer the rule, AdamW by default
 * @param optimization what becomes of gradients before a step
 * @param epochs passes over the data, 3 by default; may be a fraction
 * @param maxSteps the number of optimizer steps, in place of those that the epochs make; 0 for those
 * @param maxTime after which training stops at the next step, if given
 * @param batchSize rows in a training batch, 8 by default
 * @param batching in which order rows come into batches
 * @param seed of everything random, 42 by default
 * @param device where to compute; a GPU where one can be used, by default
 * @param precision of matrix products, float32 by default
 * @param execution how what is asked for is computed
 * @param evaluation on what, how often and in what batches training is evaluated
 * @param earlyStopping stops when a metric stops improving, if given
 * @param keepBest restores the weights of the best evaluation at the end, if given
 */
public record TrainingSettings(
        @Told("learning rate") double learningRate,
        @Told("schedule") Schedule schedule,
        KnowledgePreservation preservation,
        Regularization regularization,
        @Told("optimizer") OptimizerSettings optimizer,
        Optimization optimization,
        @Told("epochs") double epochs,

        @Told(value = "steps", zero = "those of the epochs", as = "{}, in place of the epochs'")
        long maxSteps,

        @Told(value = "maximum time", identifies = false) Optional<Duration> maxTime,
        @Told("batch size") BatchSize batchSize,
        Batching batching,
        @Told("seed") long seed,
        @Told("device") DeviceChoice device,
        @Told("precision") Precision precision,
        Execution execution,
        Evaluation evaluation,
        @Told("early stopping") Optional<EarlyStopping> earlyStopping,

        @Told(value = "keep", byDefault = "the last weights")
        Optional<KeepBest> keepBest) {
    /** As the Transformers Trainer's. */
    public static final TrainingSettings DEFAULT = new TrainingSettings(
            5e-5,
            Schedule.linear(),
            KnowledgePreservation.DEFAULT,
            Regularization.DEFAULT,
            OptimizerSettings.adamW(),
            Optimization.DEFAULT,
            3,
            0,
            Optional.empty(),
            BatchSize.of(BatchSize.USUAL),
            Batching.DEFAULT,
            42,
            DeviceChoice.AUTO,
            Precision.FLOAT32,
            Execution.DEFAULT,
            Evaluation.DEFAULT,
            Optional.empty(),
            Optional.empty());

    /**
     * Checks every value.
     *
     * @throws FinetuneException if one is out of its range, by its name
     */
    public TrainingSettings {
        Objects.requireNonNull(schedule, "schedule");
        Objects.requireNonNull(preservation, "preservation");
        Objects.requireNonNull(regularization, "regularization");
        Objects.requireNonNull(optimizer, "optimizer");
        Objects.requireNonNull(optimization, "optimization");
        Objects.requireNonNull(maxTime, "maxTime");
        Objects.requireNonNull(batchSize, "batchSize");
        Objects.requireNonNull(batching, "batching");
        Objects.requireNonNull(device, "device");
        Objects.requireNonNull(precision, "precision");
        Objects.requireNonNull(execution, "execution");
        Objects.requireNonNull(evaluation, "evaluation");
        Objects.requireNonNull(earlyStopping, "earlyStopping");
        Objects.requireNonNull(keepBest, "keepBest");
        Range.check(learningRate > 0 && !Double.isInfinite(learningRate), "lr", learningRate, "a number above 0");
        Range.check(epochs > 0 && !Double.isInfinite(epochs), "epochs", epochs, "a number above 0");
        Range.check(
                maxTime.filter(time -> time.isZero() || time.isNegative()).isEmpty(),
                "maxTime",
                maxTime.map(Duration::toString).orElse("none"),
                "above 0");
        Range.check(maxSteps >= 0, "maxSteps", maxSteps, "at least 0");
        if (execution.gradientCheckpointing() && regularization.rDrop() > 0) {
            throw new FinetuneException("regularization(r -> r.rDrop(" + regularization.rDrop()
                    + ")) and execution(e -> e.gradientCheckpointing(true)) don't go together: leave one of them out.");
        }
    }

    /**
     * {@return the metric that says which weights are best; empty where the task's main metric does, or the last are kept}
     * Where {@link #keepBest()} names none, it is the one that stops training.
     */
    public String bestMetric() {
        return keepBest.map(KeepBest::metric)
                .filter(metric -> !metric.isEmpty())
                .or(() -> earlyStopping.map(EarlyStopping::metric))
                .orElse("");
    }

    /**
     * {@return the same with each metric named that follows from another} Early stopping that names none watches the one that
     * says which weights are best.
     */
    public TrainingSettings resolved() {
        final String metric = bestMetric();
        return keepBest(keepBest.map(said -> new KeepBest(metric)))
                .earlyStopping(earlyStopping.map(said -> said.metric().isEmpty()
                        ? new EarlyStopping(metric, said.patience(), said.minimumChange())
                        : said));
    }

    /**
     * {@return the same with another peak learning rate}
     *
     * @param wanted above 0
     */
    public TrainingSettings learningRate(double wanted) {
        return Records.with(this, "learningRate", wanted);
    }

    /**
     * {@return the same with another schedule}
     *
     * @param wanted what the learning rate is multiplied by, step by step
     */
    public TrainingSettings schedule(Schedule wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "schedule", wanted);
    }

    /**
     * {@return the same with another way to preserve knowledge}
     *
     * @param wanted how gently what was pretrained is changed
     */
    public TrainingSettings preservation(KnowledgePreservation wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "preservation", wanted);
    }

    /**
     * {@return the same with another regularization}
     *
     * @param wanted what keeps the network from following chance
     */
    public TrainingSettings regularization(Regularization wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "regularization", wanted);
    }

    /**
     * {@return the same with another optimizer}
     *
     * @param wanted the rule and its constants
     */
    public TrainingSettings optimizer(OptimizerSettings wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "optimizer", wanted);
    }

    /**
     * {@return the same with another way from gradients to a step}
     *
     * @param wanted what becomes of gradients before a step
     */
    public TrainingSettings optimization(Optimization wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "optimization", wanted);
    }

    /**
     * {@return the same with other epochs}
     *
     * @param wanted above 0
     */
    public TrainingSettings epochs(double wanted) {
        return Records.with(this, "epochs", wanted);
    }

    /**
     * {@return the same with another number of steps}
     *
     * @param wanted at least 0; 0 for what the epochs make
     */
    public TrainingSettings maxSteps(long wanted) {
        return Records.with(this, "maxSteps", wanted);
    }

    /**
     * {@return the same with another limit of time}
     *
     * @param wanted above 0, or none
     */
    public TrainingSettings maxTime(Optional<Duration> wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "maxTime", wanted);
    }

    /**
     * {@return the same with another batch size}
     *
     * @param wanted rows in a training batch
     */
    public TrainingSettings batchSize(BatchSize wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "batchSize", wanted);
    }

    /**
     * {@return the same with another order of rows}
     *
     * @param wanted in which order rows come into batches
     */
    public TrainingSettings batching(Batching wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "batching", wanted);
    }

    /**
     * {@return the same with another seed}
     *
     * @param wanted any number
     */
    public TrainingSettings seed(long wanted) {
        return Records.with(this, "seed", wanted);
    }

    /**
     * {@return the same with another device}
     *
     * @param wanted where to compute
     */
    public TrainingSettings device(DeviceChoice wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "device", wanted);
    }

    /**
     * {@return the same with another precision}
     *
     * @param wanted of matrix products
     */
    public TrainingSettings precision(Precision wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "precision", wanted);
    }

    /**
     * {@return the same with another execution}
     *
     * @param wanted how what is asked for is computed
     */
    public TrainingSettings execution(Execution wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "execution", wanted);
    }

    /**
     * {@return the same with other evaluations}
     *
     * @param wanted on what, how often and in what batches
     */
    public TrainingSettings evaluation(Evaluation wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "evaluation", wanted);
    }

    /**
     * {@return the same with other early stopping}
     *
     * @param wanted when to stop, or none
     */
    public TrainingSettings earlyStopping(Optional<EarlyStopping> wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "earlyStopping", wanted);
    }

    /**
     * {@return the same with other weights kept}
     *
     * @param wanted by which metric, or none to keep the last weights
     */
    public TrainingSettings keepBest(Optional<KeepBest> wanted) {
        Objects.requireNonNull(wanted, "wanted");
        return Records.with(this, "keepBest", wanted);
    }
}
