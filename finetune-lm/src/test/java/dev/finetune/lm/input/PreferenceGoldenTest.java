package dev.finetune.lm.input;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.preference.Dpo;
import dev.finetune.preference.Orpo;
import dev.finetune.preference.PreferenceLoss;
import dev.finetune.preference.PreferencePair;
import dev.finetune.preference.PreferenceRows;
import dev.finetune.preference.PreferenceTask;
import dev.finetune.preference.ReferenceModel;
import dev.finetune.spi.Assembly;
import dev.finetune.train.Batching;
import dev.finetune.train.Cancellation;
import dev.finetune.train.EncodedRows;
import dev.finetune.train.Evaluator;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.StepReport;
import dev.finetune.train.Trainer;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.TrainingSettings;
import dev.finetune.train.WeightDecay;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What PyTorch, Transformers and PEFT compute by the papers' formulas (make_preference.py, beside the cases), we compute. */
@Tag("golden")
class PreferenceGoldenTest {
    private static final Path ROOT = Path.of("src/test/resources/preference");

    @TempDir
    Path folder;

    @TestFactory
    Stream<DynamicTest> everyCaseIsReproduced() {
        return GoldenFolders.below(ROOT).entrySet().stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.getKey() + ": reference, every step, rewards, the model afterwards",
                        () -> agrees(one.getKey(), one.getValue())));
    }

    private void agrees(String name, Path directory) {
        final JsonObject golden = GoldenFolders.read(directory);
        final FineTuner base = FineTuner.from(Path.of("src/test/resources/golden")
                        .resolve(golden.get("base").getAsString())
                        .resolve("model"))
                .head(Heads.causalLm())
                .device(GoldenDevice.choice());
        final Path adapter = directory.resolve("adapter");
        try (FineTuned<Text> model =
                (Files.isDirectory(adapter) ? base.adapter(adapter) : base).untrained(Text.class)) {
            assertClose(logits(model, golden), expected(directory, "logits"), 1e-5, "logits");
            final List<PreferencePair> pairs = asked(model, golden, pairs(golden));
            final PreferenceTask task =
                    new PreferenceTask(model.assembly().task().head(), loss(golden));
            final TrainingHistory history = new Trainer(
                            model.assembly().network(),
                            task,
                            settings(golden),
                            GoldenDevice.device(),
                            new TrainingListener() {},
                            new Cancellation())
                    .train(rows(model, golden, pairs, true), Optional.empty());
            assertThat(history.steps()).hasSize(golden.get("steps").getAsInt());
            final double[] losses = numbers(golden.get("losses"));
            final double[] norms = numbers(golden.get("gradient_norms"));
            for (StepReport step : history.steps()) {
                final int s = Math.toIntExact(step.step() - 1);
                assertThat(step.loss()).as("loss of step %d", s).isCloseTo(losses[s], within(3e-5));
                assertThat(step.gradientNorm())
                        .as("gradient norm of step %d", s)
                        .isCloseTo(norms[s], within(3e-4 * norms[s]));
            }
            final Metrics metrics = Evaluator.evaluate(
                    model.assembly().network(),
                    task,
                    rows(model, golden, pairs, false),
                    GoldenDevice.device(),
                    settings(golden));
            final JsonObject after = golden.getAsJsonObject("metrics");
            assertThat(metrics.names()).containsExactlyInAnyOrderElementsOf(after.keySet());
            after.entrySet()
                    .forEach(metric -> assertThat(metrics.get(metric.getKey()))
                            .as(metric.getKey())
                            .isCloseTo(
                                    metric.getValue().getAsDouble(),
                                    within(
                                            metric.getKey().endsWith("log_probability")
                                                    ? 1e-5
                                                            * Math.abs(metric.getValue()
                                                                    .getAsDouble())
                                                    : 3e-5)));
            assertClose(logits(model, golden), expected(directory, "logits_after"), 1e-4, "logits after training");
            if (Files.isDirectory(adapter)) {
                model.saveAdapter(folder.resolve(name));
                sameAdapter(folder.resolve(name), directory);
            }
        }
    }

    private static List<PreferencePair> asked(FineTuned<Text> model, JsonObject golden, List<PreferencePair> pairs) {
        final Assembly<Text> assembly = model.assembly();
        final List<PreferencePair> asked = ReferenceModel.asked(
                pairs,
                assembly.network(),
                assembly.task().head(),
                assembly.encoder(),
                settings(golden),
                GoldenDevice.device(),
                new Cancellation());
        final JsonArray reference = golden.getAsJsonArray("reference");
        for (int i = 0; i < asked.size(); i++) {
            final double[] both = numbers(reference.get(i));
            final PreferencePair.Reference said = asked.get(i).reference().orElseThrow();
            assertThat(said.chosen()).isCloseTo((float) both[0], within(1e-5f * (float) Math.abs(both[0])));
            assertThat(said.rejected()).isCloseTo((float) both[1], within(1e-5f * (float) Math.abs(both[1])));
        }
        return asked;
    }

    private static PreferenceRows rows(
            FineTuned<Text> model, JsonObject golden, List<PreferencePair> pairs, boolean training) {
        return new PreferenceRows(
                pairs,
                model.assembly().encoder(),
                new EncodedRows.Order(golden.get("pairs_at_once").getAsInt(), training, false, false, 1));
    }

    private static PreferenceLoss loss(JsonObject golden) {
        return golden.get("loss").getAsString().equals("dpo")
                ? Dpo.beta(golden.get("beta").getAsDouble())
                        .labelSmoothing(golden.get("label_smoothing").getAsDouble())
                : Orpo.lambda(golden.get("lambda").getAsDouble());
    }

    private static TrainingSettings settings(JsonObject golden) {
        final int steps = golden.get("steps").getAsInt();
        return TrainingSettings.DEFAULT
                .learningRate(golden.get("lr").getAsDouble())
                .optimizer(new OptimizerSettings.AdamW(0.9, 0.999, 1e-8, WeightDecay.of(0)))
                .epochs(steps)
                .maxSteps(steps)
                .batching(Batching.DEFAULT.shuffle(false).groupByLength(false))
                .device(GoldenDevice.choice());
    }

    private static List<PreferencePair> pairs(JsonObject golden) {
        final List<PreferencePair> pairs = new ArrayList<>();
        for (JsonElement each : golden.getAsJsonArray("pairs")) {
            final JsonObject pair = each.getAsJsonObject();
            pairs.add(PreferencePair.of(row(pair, "chosen"), row(pair, "rejected")));
        }
        return pairs;
    }

    private static TokenRow row(JsonObject pair, String answer) {
        final int[] ids = ids(pair, answer);
        final int[] labels = ids.clone();
        Arrays.fill(labels, 0, pair.getAsJsonArray("prompt").size(), Target.IGNORED);
        return TokenRow.of(ids, labels);
    }

    private static int[] ids(JsonObject pair, String answer) {
        return Stream.concat(
                        pair.getAsJsonArray("prompt").asList().stream(), pair.getAsJsonArray(answer).asList().stream())
                .mapToInt(JsonElement::getAsInt)
                .toArray();
    }

    private static double[] numbers(JsonElement array) {
        return array.getAsJsonArray().asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
    }

    /** Of all places of the first preferred row. */
    private static float[] logits(FineTuned<?> model, JsonObject golden) {
        final JsonObject first = golden.getAsJsonArray("pairs").get(0).getAsJsonObject();
        final long[] ids = IntStream.of(ids(first, "chosen")).asLongStream().toArray();
        final long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        final Map<String, HostTensor> columns = Map.of(
                "input_ids",
                new HostTensor.Longs(ids, 1, ids.length),
                "attention_mask",
                new HostTensor.Longs(mask, 1, ids.length));
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(columns, List.of(row(first, "chosen"))), GoldenDevice.device())) {
            return Tensors.floats(model.assembly()
                    .network()
                    .forward(batch, ForwardContext.evaluating())
                    .get("logits"));
        }
    }

    private static float[] expected(Path directory, String name) {
        try (Weights weights = Weights.open(directory.resolve("case.safetensors"));
                TensorScope scope = TensorScope.open()) {
            return Tensors.floats(weights.read(name));
        }
    }

    private static void sameAdapter(Path saved, Path directory) {
        try (Weights ours = Weights.open(saved.resolve("adapter_model.safetensors"));
                TensorScope scope = TensorScope.open()) {
            assertThat(ours.names()).isNotEmpty();
            for (String name : ours.names()) {
                assertClose(Tensors.floats(ours.read(name)), expected(directory, "adapter." + name), 1e-4, name);
            }
        }
    }
}
