package dev.finetune.lm.golden;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenCase;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.golden.GoldenTraining;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Hidden;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.LanguageModelFamily;
import dev.finetune.train.Execution;
import dev.finetune.train.TrainingHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What Transformers computed with decoders, we compute: ids, hidden states, logits, losses, gradient norms, trained logits. */
@Tag("golden")
class DecoderParityTest {
    private static final double FORWARD = 1e-5;
    private static final double LOSS = 3e-5;
    private static final double NORM = 3e-4;
    private static final double AFTER = 1e-4;

    @TestFactory
    Stream<DynamicTest> everyCaseIsReproduced() {
        final List<GoldenCase> cases = GoldenCase.having(GoldenCase.TRAINING, LanguageModelFamily.class).stream()
                .filter(golden -> !golden.json().keySet().containsAll(GoldenCase.ADAPTERS))
                .filter(golden -> !golden.tensors().containsKey("expected.encoder_hidden_states.0"))
                .toList();
        assumeTrue(!cases.isEmpty(), "no decoders in " + GoldenFolders.root().toAbsolutePath());
        return cases.stream()
                .flatMap(golden -> Stream.of(
                        dynamicTest(golden.name() + ": texts become the same ids", () -> idsAgree(golden)),
                        dynamicTest(
                                golden.name() + ": hidden states, logits and loss agree", () -> forwardAgrees(golden)),
                        dynamicTest(
                                golden.name() + ": so do those of rows padded on the left", () -> leftAgrees(golden)),
                        dynamicTest(
                                golden.name() + ": every training step agrees", () -> trainingAgrees(golden, false)),
                        dynamicTest(
                                golden.name() + ": so does every step with gradient checkpointing",
                                () -> trainingAgrees(golden, true))));
    }

    private static void idsAgree(GoldenCase golden) {
        try (FineTuned<Text> model = load(golden)) {
            final InputEncoder<Text> encoder = model.assembly().encoder();
            for (int i = 0; i < GoldenCase.BATCHES; i++) {
                final List<Example<Text>> examples = golden.texts(i).stream()
                        .map(text -> new Example<>(text, Label.none()))
                        .toList();
                final HostBatch ours = encoder.collate(
                        encoder.encode(examples), new CollateContext(CollateContext.Purpose.TRAINING, 0));
                for (String column : List.of("input_ids", "attention_mask", "labels")) {
                    final HostTensor theirs = golden.batch(i).columns().get(column);
                    if (theirs != null && ours.columns().containsKey(column)) {
                        assertThat(((HostTensor.Longs) ours.columns().get(column)).data())
                                .as("batch %d, %s", i, column)
                                .isEqualTo(((HostTensor.Longs) theirs).data());
                    }
                }
            }
        }
    }

    private static void forwardAgrees(GoldenCase golden) {
        try (FineTuned<Text> model = load(golden)) {
            final List<float[]> hidden = new ArrayList<>();
            assertClose(
                    logits(model, golden.batch(0).columns(), hidden),
                    golden.expected("logits"),
                    FORWARD,
                    golden.name() + " logits");
            for (int k = 0; golden.tensors().containsKey("expected.hidden_states." + k); k++) {
                assertClose(hidden.get(k), golden.expected("hidden_states." + k), FORWARD, "hidden state " + k);
            }
            assertThat(loss(model, golden.batch(0)))
                    .isCloseTo(golden.json().get("expected_loss_batch0").getAsDouble(), within(FORWARD));
        }
    }

    /** At the tokens: what stands at padding before a text means nothing, and kernels differ in it. */
    private static void leftAgrees(GoldenCase golden) {
        final Map<String, HostTensor> left = golden.columns("left.");
        assumeTrue(!left.isEmpty(), "the case has no rows padded on the left");
        try (FineTuned<Text> model = load(golden)) {
            final float[] expected = golden.expected("left.logits");
            final float[] ours = logits(model, left, new ArrayList<>());
            final long[] mask = ((HostTensor.Longs) left.get("attention_mask")).data();
            assertClose(shown(ours, mask), shown(expected, mask), FORWARD, golden.name() + " left logits");
            if (golden.json().has("expected_left_loss")) {
                assertThat(loss(model, new HostBatch(left, golden.batch(0).rows())))
                        .isCloseTo(golden.json().get("expected_left_loss").getAsDouble(), within(FORWARD));
                final Map<String, HostTensor> counted = new LinkedHashMap<>(left);
                counted.remove("position_ids");
                assertThat(loss(model, new HostBatch(counted, golden.batch(0).rows())))
                        .isCloseTo(
                                golden.json()
                                        .get("expected_left_loss_without_position_ids")
                                        .getAsDouble(),
                                within(FORWARD));
            }
        }
    }

    private static float[] shown(float[] values, long[] mask) {
        if (values.length < mask.length) {
            return values; // Of whole texts.
        }
        final int width = values.length / mask.length;
        final float[] shown = values.clone();
        for (int i = 0; i < mask.length; i++) {
            if (mask[i] == 0) {
                Arrays.fill(shown, i * width, (i + 1) * width, 0);
            }
        }
        return shown;
    }

    private static void trainingAgrees(GoldenCase golden, boolean gradientCheckpointing) {
        try (FineTuned<Text> model = load(golden)) {
            final Assembly<Text> assembly = model.assembly();
            final TrainingHistory history = GoldenTraining.train(
                    assembly,
                    GoldenTraining.settings(golden.json())
                            .execution(Execution.DEFAULT.gradientCheckpointing(gradientCheckpointing)),
                    golden.cycle());
            GoldenTraining.assertSteps(golden.json(), history, loss -> LOSS, NORM);
            assertClose(
                    logits(model, golden.batch(0).columns(), new ArrayList<>()),
                    golden.expected("logits_after"),
                    AFTER,
                    "logits after training");
        }
    }

    static FineTuned<Text> load(GoldenCase golden) {
        return FineTuner.from(golden.model())
                .maxLength(golden.number("max_length"))
                .device(GoldenDevice.choice())
                .untrained(Text.class);
    }

    /** The logits of all places: without labels the head computes them. */
    static float[] logits(FineTuned<?> model, Map<String, HostTensor> columns, List<float[]> hidden) {
        final Map<String, HostTensor> inputs = new LinkedHashMap<>(columns);
        inputs.remove("labels");
        final Assembly<?> assembly = model.assembly();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(inputs, List.of()), GoldenDevice.device())) {
            final ForwardContext context = ForwardContext.evaluating();
            final Hidden trunk = assembly.network().trunk(batch, context, stage -> hidden.add(Tensors.floats(stage)));
            return Tensors.floats(assembly.network().head(trunk, batch, context).get("logits"));
        }
    }

    private static double loss(FineTuned<?> model, HostBatch host) {
        final Assembly<?> assembly = model.assembly();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(host, GoldenDevice.device())) {
            return Tensors.scalar(assembly.task()
                            .lossSum(assembly.network().forward(batch, ForwardContext.evaluating()), batch))
                    / assembly.task().weight(host);
        }
    }
}
