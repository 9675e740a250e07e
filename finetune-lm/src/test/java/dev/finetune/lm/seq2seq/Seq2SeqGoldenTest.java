package dev.finetune.lm.seq2seq;

import static dev.finetune.testkit.Numbers.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonElement;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.InputEncoder;
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
import dev.finetune.nn.Parameter;
import dev.finetune.spi.Assembly;
import dev.finetune.train.Execution;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.WeightDecay;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What Transformers computed with encoders and decoders, we compute: ids, hidden states, logits, losses, gradient norms. */
@Tag("golden")
class Seq2SeqGoldenTest {
    private static final double FORWARD = 1e-5;
    private static final double LOSS = 3e-5;
    private static final double NORM = 3e-4;
    private static final double AFTER = 1e-4;

    @TestFactory
    Stream<DynamicTest> everyCaseIsReproduced() {
        final List<GoldenCase> cases = Seq2SeqCases.all();
        assumeTrue(
                !cases.isEmpty(),
                "no cases of encoders and decoders in " + GoldenFolders.root().toAbsolutePath());
        return cases.stream()
                .flatMap(golden -> Stream.of(
                        dynamicTest(golden.name() + ": texts become the same ids", () -> idsAgree(golden)),
                        dynamicTest(
                                golden.name() + ": hidden states, logits and loss agree", () -> forwardAgrees(golden)),
                        dynamicTest(golden.name() + ": the same weights decay", () -> decayAgrees(golden)),
                        dynamicTest(
                                golden.name() + ": every training step agrees", () -> trainingAgrees(golden, false)),
                        dynamicTest(
                                golden.name() + ": so does every step with gradient checkpointing",
                                () -> trainingAgrees(golden, true))));
    }

    private static FineTuned<Text> load(GoldenCase golden) {
        return FineTuner.from(golden.model())
                .maxLength(golden.number("max_length"))
                .device(GoldenDevice.choice())
                .untrained(Text.class);
    }

    private static void idsAgree(GoldenCase golden) {
        try (FineTuned<Text> model = load(golden)) {
            final InputEncoder<Text> encoder = model.assembly().encoder();
            for (int i = 0; i < GoldenCase.BATCHES; i++) {
                final Map<String, HostTensor> ours = encoder.collate(
                                encoder.encode(Seq2SeqCases.examples(golden, i)), CollateContext.predicting())
                        .columns();
                golden.batch(i)
                        .columns()
                        .forEach((name, theirs) -> assertThat(((HostTensor.Longs) ours.get(name)).data())
                                .as(name)
                                .isEqualTo(((HostTensor.Longs) theirs).data()));
            }
        }
    }

    private static void forwardAgrees(GoldenCase golden) {
        try (FineTuned<Text> model = load(golden)) {
            assertThat(model.loadReport().isComplete())
                    .as(model.loadReport().summary())
                    .isTrue();
            final Assembly<?> assembly = model.assembly();
            final Map<String, float[]> hidden = new LinkedHashMap<>();
            assertClose(logits(assembly, golden.batch(0), hidden), golden.expected("logits"), FORWARD, "logits");
            golden.tensors().keySet().stream()
                    .filter(name -> name.contains("_hidden_states."))
                    .map(name -> name.substring("expected.".length()))
                    .forEach(name -> assertClose(hidden.get(name), golden.expected(name), FORWARD, name));
            assertThat(hidden).isNotEmpty();
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off();
                    Batch batch = new Batch(golden.batch(0), GoldenDevice.device())) {
                final Map<String, Tensor> outputs = assembly.network().forward(batch, ForwardContext.evaluating());
                final double loss = Tensors.scalar(assembly.task().lossSum(outputs, batch))
                        / assembly.task().weight(batch.host());
                assertThat(loss)
                        .isCloseTo(golden.json().get("expected_loss_batch0").getAsDouble(), within(FORWARD));
            }
        }
    }

    private static void decayAgrees(GoldenCase golden) {
        final WeightDecay decay = WeightDecay.of(0.01);
        try (FineTuned<Text> model = load(golden)) {
            final List<String> spared = golden.json().getAsJsonArray("no_decay_parameters").asList().stream()
                    .map(JsonElement::getAsString)
                    .toList();
            assertThat(model.assembly().network().parameters().stream()
                            .filter(each -> each.name().contains("bias") || each.shape().length == 1)
                            .map(Parameter::name))
                    .containsExactlyInAnyOrderElementsOf(spared);
            assertThat(decay.spared()).isEmpty(); // By the same rule.
        }
    }

    /** The logits of all places; {@code hidden} takes what the stages gave, by the reference's names. */
    static float[] logits(Assembly<?> assembly, HostBatch host, Map<String, float[]> hidden) {
        final Map<String, HostTensor> inputs = new LinkedHashMap<>(host.columns());
        inputs.remove("labels");
        final int[] count = new int[2];
        final int encoder = (int) assembly.network().stages().stream()
                .filter(stage -> stage.name().startsWith("encoder."))
                .count();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(new HostBatch(inputs, host.rows()), GoldenDevice.device())) {
            final ForwardContext context = ForwardContext.evaluating();
            final Hidden trunk = assembly.network().trunk(batch, context, stage -> {
                final int side = count[0] < encoder ? 0 : 1;
                final String name = (side == 0 ? "encoder" : "decoder") + "_hidden_states." + count[side];
                hidden.put(side == 0 ? name : "decoder_hidden_states." + (count[1]++), Tensors.floats(stage));
                count[0] += side == 0 ? 1 : 0;
            });
            return Tensors.floats(assembly.network().head(trunk, batch, context).get("logits"));
        }
    }

    private static void trainingAgrees(GoldenCase golden, boolean gradientCheckpointing) {
        try (FineTuned<Text> model = load(golden)) {
            final Assembly<?> assembly = model.assembly();
            final TrainingHistory history = GoldenTraining.train(
                    assembly,
                    GoldenTraining.settings(golden.json())
                            .execution(Execution.DEFAULT.gradientCheckpointing(gradientCheckpointing)),
                    golden.cycle());
            GoldenTraining.assertSteps(golden.json(), history, loss -> LOSS * loss, NORM);
            assertClose(
                    logits(assembly, golden.batch(0), new LinkedHashMap<>()),
                    golden.expected("logits_after"),
                    AFTER,
                    "logits after training");
        }
    }
}
