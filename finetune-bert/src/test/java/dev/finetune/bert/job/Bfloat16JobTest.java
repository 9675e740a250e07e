package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.freeze.Freeze;
import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.HalfPrecisionWeights;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import dev.finetune.spi.Assembly;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Precision;
import dev.finetune.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * In bfloat16 a network trains as in float32 but for rounding, whatever else was asked for. On the CPU: a GPU's kernels drop
 * other units in one than in the other.
 */
class Bfloat16JobTest {
    static Stream<Arguments> ways() {
        return Stream.of(
                way("all trained", tuner -> tuner),
                way("checkpointing", tuner -> tuner.execution(e -> e.gradientCheckpointing(true))),
                way("two frozen layers, kept", tuner -> tuner.freeze(2)),
                way("all layers frozen, kept", tuner -> tuner.freeze(Freeze.allButHead())),
                way(
                        "two frozen layers, each time anew",
                        tuner -> tuner.freeze(2).execution(e -> e.keepFrozenOutputs(false))),
                way("frozen and checkpointing", tuner -> tuner.freeze(2).execution(e -> e.gradientCheckpointing(true))),
                way("all tokens", tuner -> tuner.execution(e -> e.firstTokenOnly(false))),
                way("LoRA", tuner -> tuner.lora(Lora.rank(4).dropout(0.1).targets("query", "output.dense"))),
                way("DoRA", tuner -> tuner.lora(Lora.rank(4).withDora())),
                way("distillation", tuner -> tuner.preservation(p -> p.distill(1))),
                way("two passes", tuner -> tuner.regularization(r -> r.rDrop(1))));
    }

    private static Arguments way(String what, UnaryOperator<FineTuner> way) {
        return Arguments.of(what, way);
    }

    @Test
    void queriesKeysAndValuesAsOneProductOfCopiesGiveAutocastsLossAndGradients() {
        try (FineTuned<Text> model = Jobs.classifier()
                        .device(DeviceChoice.CPU)
                        .regularization(r -> r.dropout(0))
                        .execution(e -> e.firstTokenOnly(false))
                        .untrained(Text.class);
                HalfPrecisionWeights copies =
                        HalfPrecisionWeights.of(model.assembly().network(), HalfPrecision.BFLOAT16);
                HalfPrecisionWeights none = HalfPrecisionWeights.none()) {
            final List<float[]> together = lossAndGradients(model, copies);
            final List<float[]> each = lossAndGradients(model, none);
            assertThat(together.get(0)[0]).isCloseTo(each.get(0)[0], within(1e-3f * each.get(0)[0]));
            double apart = 0;
            double squares = 0;
            for (int i = 1; i < each.size(); i++) {
                for (int j = 0; j < each.get(i).length; j++) {
                    apart += Math.pow(together.get(i)[j] - each.get(i)[j], 2);
                    squares += Math.pow(each.get(i)[j], 2);
                }
            }
            // Numbers of 8 bits, and three sums rounded one by one or together.
            assertThat(Math.sqrt(apart / squares)).isLessThan(1e-2);
        }
    }

    private static List<float[]> lossAndGradients(FineTuned<Text> model, HalfPrecisionWeights copies) {
        final Assembly<Text> assembly = model.assembly();
        final HostBatch host =
                assembly.encoder().collate(assembly.encoder().encode(Jobs.reviews(8, 3)), CollateContext.predicting());
        final List<float[]> found = new ArrayList<>();
        try (TensorScope scope = TensorScope.open();
                Batch batch = new Batch(host, Tensors.cpu());
                HalfPrecisionWeights.InUse use = copies.use()) {
            final Tensor loss;
            try (var autocast = Autocast.of(false, HalfPrecision.BFLOAT16)) {
                loss = assembly.task().lossSum(assembly.network().forward(batch, ForwardContext.training(1)), batch);
            }
            loss.backward();
            copies.handOver();
            found.add(Tensors.floats(loss));
            for (Parameter parameter : assembly.network().parameters()) {
                found.add(Tensors.floats(Tensors.gradient(parameter.value())));
                parameter.value().mutable_grad().reset();
            }
        }
        return found;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void lossesAndGradientsAreThoseOfFloat32ButForRounding(String what, UnaryOperator<FineTuner> way) {
        final Dataset<Text> train = Jobs.data(48, 1);
        final Dataset<Text> validation = Jobs.data(16, 2);
        final FineTuner tuner = way.apply(Jobs.classifier()
                .device(DeviceChoice.CPU)
                .regularization(r -> r.dropout(0.1))
                .lr(1e-3)
                .epochs(2));
        try (FineTuned<Text> half = tuner.precision(Precision.BFLOAT16).fit(train, validation);
                FineTuned<Text> full = tuner.fit(train, validation)) {
            final List<StepReport> ours = Jobs.history(half).steps();
            final List<StepReport> plain = Jobs.history(full).steps();
            assertThat(ours).hasSameSizeAs(plain).hasSize(12);
            assertThat(Jobs.losses(half)).isNotEqualTo(Jobs.losses(full));
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i).loss())
                        .as("loss of step %d", i)
                        .isCloseTo(plain.get(i).loss(), within(0.02));
            }
            final double norm = plain.get(0).gradientNorm();
            assertThat(ours.get(0).gradientNorm()).isCloseTo(norm, within(0.05 * norm));
            assertThat(half.evaluation().get("loss"))
                    .isCloseTo(full.evaluation().get("loss"), within(0.02));
            assertThat(half.evaluate(validation).get("loss"))
                    .isCloseTo(half.evaluation().get("loss"), within(0.02));
        }
    }
}
