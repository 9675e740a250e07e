package dev.finetune.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.finetune.spi.Assembly;
import dev.finetune.train.BatchSource;
import dev.finetune.train.Batching;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Optimization;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.Schedule;
import dev.finetune.train.StepReport;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WeightDecay;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Pattern;

/** The training that a case tells of: how it is made, and what each of its steps comes to. */
public final class GoldenTraining {
    private static final double RATE = 1e-9;

    private GoldenTraining() {}

    /** Settings of a case, whose weight decay spares what the Trainer spares. */
    public static TrainingSettings settings(JsonObject golden) {
        return settings(golden, Optional.empty());
    }

    /**
     * Settings of a case.
     *
     * @param spared names of parameters without weight decay; empty for those that the Trainer spares
     */
    public static TrainingSettings settings(JsonObject golden, Optional<Pattern> spared) {
        final JsonObject optimizer = golden.getAsJsonObject("optimizer");
        final JsonObject schedule = golden.getAsJsonObject("schedule");
        final WeightDecay decay =
                new WeightDecay(optimizer.get("weight_decay").getAsDouble(), spared);
        return TrainingSettings.DEFAULT
                .learningRate(optimizer.get("lr").getAsDouble())
                .optimizer(adamW(optimizer, decay))
                .schedule(Schedule.named(schedule.get("name").getAsString())
                        .withWarmupSteps(schedule.get("warmup_steps").getAsLong()))
                .optimization(Optimization.DEFAULT
                        .accumulate(
                                golden.has("gradient_accumulation")
                                        ? golden.get("gradient_accumulation").getAsInt()
                                        : 1)
                        .maxGradientNorm(optimizer.get("max_grad_norm").getAsDouble()))
                .epochs(1)
                .maxSteps(golden.get("steps").getAsInt())
                .batching(Batching.DEFAULT.shuffle(false).groupByLength(false))
                .device(GoldenDevice.choice());
    }

    private static OptimizerSettings adamW(JsonObject optimizer, WeightDecay decay) {
        if (!optimizer.has("betas")) {
            return new OptimizerSettings.AdamW(0.9, 0.999, 1e-8, decay);
        }
        final JsonArray betas = optimizer.getAsJsonArray("betas");
        return new OptimizerSettings.AdamW(
                betas.get(0).getAsDouble(),
                betas.get(1).getAsDouble(),
                optimizer.get("eps").getAsDouble(),
                decay);
    }

    /** Trains a model on the batches of a case. */
    public static TrainingHistory train(Assembly<?> assembly, TrainingSettings settings, BatchSource batches) {
        return new Trainer(
                        assembly.network(),
                        assembly.task(),
                        settings,
                        GoldenDevice.device(),
                        new TrainingListener() {},
                        new Cancellation())
                .train(batches, Optional.empty());
    }

    /**
     * Compares each step with the case's, and its learning rate where the case has them.
     *
     * @param loss by how much a loss may differ, by the expected one
     * @param norm by how much a gradient norm may differ, as a share of the expected one
     */
    public static void assertSteps(JsonObject golden, TrainingHistory history, DoubleUnaryOperator loss, double norm) {
        final double[] losses = numbers(golden, "expected_losses");
        final double[] norms = numbers(golden, "expected_grad_norms");
        assertThat(history.steps()).hasSize(losses.length);
        for (StepReport step : history.steps()) {
            final int s = Math.toIntExact(step.step() - 1);
            assertThat(step.loss()).as("loss of step %d", s).isCloseTo(losses[s], within(loss.applyAsDouble(losses[s])));
            assertThat(step.gradientNorm()).as("gradient norm of step %d", s).isCloseTo(norms[s], within(norm * norms[s]));
            if (golden.has("expected_lrs")) {
                assertThat(step.learningRate())
                        .as("rate of step %d", s)
                        .isCloseTo(numbers(golden, "expected_lrs")[s], within(RATE));
            }
        }
    }

    private static double[] numbers(JsonObject golden, String name) {
        return golden.getAsJsonArray(name).asList().stream()
                .mapToDouble(number -> number.getAsDouble())
                .toArray();
    }
}
