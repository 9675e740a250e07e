package dev.finetune.bert.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.PythonPeer;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Parameter;
import dev.finetune.spi.Assembly;
import dev.finetune.testkit.Numbers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Encoders with random settings: outputs, losses and gradients are those of Transformers, and what we save, it loads. Needs a
 * Python with torch and transformers (system property finetune.python, "python3" by default; checked with Transformers 5.18);
 * skipped without. The seed is -Dfinetune.seed.
 */
@Tag("peer")
class RandomModelsTest {
    private static final Path SCRIPT = Path.of("src/test/resources/dev/finetune/bert/golden/random_models.py");
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final double NEAR = 1e-5;

    @TempDir
    private Path folder;

    @Test
    void modelsWithRandomSettingsComputeWhatTransformersComputes() throws IOException, InterruptedException {
        final PythonPeer peer = PythonPeer.with("torch, transformers", RandomModelsTest.class);
        peer.assumeThere();
        final Path log = folder.resolve("log");
        final String seed = System.getProperty("finetune.seed", "1");
        peer.succeeds(List.of(SCRIPT.toString(), "make", GOLDEN.toString(), folder.toString(), seed), log);
        final List<String> faults = new ArrayList<>();
        try (Stream<Path> cases = Files.list(folder).filter(Files::isDirectory).sorted()) {
            cases.forEach(one -> {
                try {
                    check(GoldenCase.open(one));
                } catch (RuntimeException | AssertionError e) {
                    faults.add(one.getFileName() + ": " + e);
                }
            });
        }
        assertThat(faults).isEmpty();
        peer.succeeds(List.of(SCRIPT.toString(), "check", folder.toString()), log);
    }

    private static void check(GoldenCase golden) {
        try (FineTuned<?> model = load(golden)) {
            assertThat(model.loadReport().newlyInitialized()).isEmpty();
            checkOutputs(model.assembly(), golden);
            checkGradients(model.assembly(), golden);
            model.save(golden.directory().resolve("saved"));
        }
    }

    private static void checkOutputs(Assembly<?> assembly, GoldenCase golden) {
        final HostBatch host = golden.batch(0);
        final Map<String, HostTensor> inputs = new LinkedHashMap<>(host.columns());
        inputs.remove("labels");
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(inputs, host.rows()), Tensors.cpu())) {
            final Map<String, Tensor> outputs = assembly.network().forward(batch, ForwardContext.evaluating());
            for (String name : List.of("logits", "start_logits", "end_logits")) {
                if (golden.tensors().containsKey("expected." + name)) {
                    final HostTensor.Floats expected =
                            (HostTensor.Floats) golden.tensors().get("expected." + name);
                    assertNear(shown(outputs.get(name), batch), shown(tensor(expected), batch), name);
                }
            }
        }
    }

    /** Where there is a number for each token, those of padding count for nothing. */
    private static float[] shown(Tensor outputs, Batch batch) {
        final Tensor mask = batch.get("attention_mask");
        final boolean perToken = outputs.dim() > 1 && outputs.size(1) == mask.size(1);
        final Tensor cover = outputs.dim() == 3 ? mask.unsqueeze(2) : mask;
        return Tensors.floats(perToken ? outputs.mul(cover) : outputs);
    }

    private static Tensor tensor(HostTensor.Floats host) {
        return Tensors.of(host, Tensors.cpu());
    }

    private static void checkGradients(Assembly<?> assembly, GoldenCase golden) {
        final HostBatch host = golden.batch(0);
        try (TensorScope scope = TensorScope.open();
                CustomGradients custom = CustomGradients.open();
                Batch batch = new Batch(host, Tensors.cpu())) {
            final Map<String, Tensor> outputs = assembly.network().forward(batch, ForwardContext.evaluating());
            final Tensor loss = assembly.task()
                    .lossSum(outputs, batch)
                    .div(new org.bytedeco.pytorch.Scalar(assembly.task().weight(host)));
            final double expected = golden.json().get("expected_loss_batch0").getAsDouble();
            assertThat(Tensors.scalar(loss)).isCloseTo(expected, within(NEAR * Math.max(1, Math.abs(expected))));
            loss.backward();
            for (Parameter parameter : assembly.network().parameters()) {
                final HostTensor wanted = golden.tensors().get("gradient." + parameter.name());
                final Tensor gradient = parameter.value().grad();
                final float[] ours =
                        gradient.defined() ? Tensors.floats(gradient) : new float[Math.toIntExact(parameter.count())];
                final float[] theirs = wanted == null ? new float[ours.length] : ((HostTensor.Floats) wanted).data();
                assertNear(ours, theirs, "gradient of " + parameter.name());
            }
        }
    }

    private static FineTuned<?> load(GoldenCase golden) {
        final FineTuner tuner = FineTuner.from(golden.model()).maxLength(golden.number("max_length"));
        return switch (golden.json().get("head").getAsString()) {
            case "tokens" -> tuner.untrained(Words.class);
            case "questions" -> tuner.untrained(Question.class);
            default -> tuner.untrained(Text.class);
        };
    }

    /** Near enough, measured by the largest number of all. */
    private static void assertNear(float[] ours, float[] theirs, String what) {
        double largest = 1;
        for (float value : theirs) {
            largest = Math.max(largest, Math.abs(value));
        }
        Numbers.assertClose(ours, theirs, NEAR * largest, what);
    }
}
