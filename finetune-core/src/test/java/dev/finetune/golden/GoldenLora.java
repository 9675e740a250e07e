package dev.finetune.golden;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Parameter;
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
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What PEFT computed with LoRA, we compute: logits, training steps, the trained adapter; and merged it says the same. */
public final class GoldenLora {
    private GoldenLora() {}

    /** Compares all that a case holds. */
    public static void agrees(GoldenCase golden, Path folder) {
        final Path adapter = golden.directory().resolve("adapter");
        final Path saved = folder.resolve(golden.name());
        try (FineTuned<Text> model = FineTuner.from(golden.model())
                .adapter(adapter)
                .device(GoldenDevice.choice())
                .untrained(Text.class)) {
            assertClose(logits(model, golden.batch(0)), golden.expected("logits"), 1e-5, "logits");
            assertThat(model.assembly().network().trained().stream()
                            .mapToLong(Parameter::count)
                            .sum())
                    .isEqualTo(golden.number("trainable_parameters"));

            final TrainingHistory history = new Trainer(
                            model.assembly().network(),
                            model.assembly().task(),
                            settings(golden),
                            GoldenDevice.device(),
                            new TrainingListener() {},
                            new Cancellation())
                    .train(golden.cycle(), Optional.empty());
            final double[] losses = golden.numbers("expected_losses");
            final double[] norms = golden.numbers("expected_grad_norms");
            for (StepReport step : history.steps()) {
                final int s = Math.toIntExact(step.step() - 1);
                assertThat(step.loss()).as("loss of step %d", s).isCloseTo(losses[s], within(3e-5));
                assertThat(step.gradientNorm())
                        .as("gradient norm of step %d", s)
                        .isCloseTo(norms[s], within(3e-4 * norms[s]));
            }
            final float[] after = logits(model, golden.batch(0));
            assertClose(after, golden.expected("logits_after"), 1e-4, "logits after training");

            model.saveAdapter(saved.resolve("adapter"));
            sameTensors(saved.resolve("adapter"), golden.directory().resolve("adapter-after"));
            try (FineTuned<Text> again = FineTuner.from(golden.model())
                    .adapter(saved.resolve("adapter"))
                    .device(GoldenDevice.choice())
                    .untrained(Text.class)) {
                assertThat(logits(again, golden.batch(0))).containsExactly(after, within(1e-6f));
            }
            model.save(saved.resolve("merged"));
            try (FineTuned<Text> merged = FineTuner.from(saved.resolve("merged"))
                    .device(GoldenDevice.choice())
                    .untrained(Text.class)) {
                assertThat(merged.assembly().report().isComplete())
                        .as(merged.assembly().report().summary())
                        .isTrue();
                assertClose(logits(merged, golden.batch(0)), after, 1e-5, "logits of the merged model");
            }
        }
    }

    /** Of all places: without labels a language model's head computes them. */
    private static float[] logits(FineTuned<?> model, HostBatch host) {
        final Map<String, HostTensor> inputs = new LinkedHashMap<>(host.columns());
        inputs.remove("labels");
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(inputs, host.rows()), GoldenDevice.device())) {
            return Tensors.floats(model.assembly()
                    .network()
                    .forward(batch, ForwardContext.evaluating())
                    .get("logits"));
        }
    }

    private static void sameTensors(Path ours, Path theirs) {
        try (Weights one = Weights.open(ours.resolve("adapter_model.safetensors"));
                Weights other = Weights.open(theirs.resolve("adapter_model.safetensors"));
                TensorScope scope = TensorScope.open()) {
            assertThat(one.names())
                    .containsExactlyInAnyOrderElementsOf(other.names().stream()
                            .filter(name -> !name.contains(".modules_to_save.") && !name.contains(".original_module."))
                            .toList());
            for (String name : one.names()) {
                assertClose(Tensors.floats(one.read(name)), Tensors.floats(other.read(name)), 1e-4, name);
            }
        }
    }

    private static TrainingSettings settings(GoldenCase golden) {
        final JsonObject optimizer = golden.json().getAsJsonObject("optimizer");
        final JsonObject schedule = golden.json().getAsJsonObject("schedule");
        return TrainingSettings.DEFAULT
                .learningRate(optimizer.get("lr").getAsDouble())
                .optimizer(new OptimizerSettings.AdamW(
                        0.9,
                        0.999,
                        1e-8,
                        WeightDecay.of(optimizer.get("weight_decay").getAsDouble())))
                .schedule(Schedule.named(schedule.get("name").getAsString())
                        .withWarmupSteps(schedule.get("warmup_steps").getAsLong()))
                .optimization(Optimization.DEFAULT.maxGradientNorm(
                        optimizer.get("max_grad_norm").getAsDouble()))
                .epochs(1)
                .maxSteps(golden.number("steps"))
                .batching(Batching.DEFAULT.shuffle(false).groupByLength(false))
                .device(GoldenDevice.choice());
    }
}
