package dev.finetune.golden;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

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

            GoldenTraining.assertSteps(
                    golden.json(),
                    GoldenTraining.train(
                            model.assembly(), GoldenTraining.settings(golden.json()), golden.cycle()),
                    loss -> 3e-5,
                    3e-4);
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
}
