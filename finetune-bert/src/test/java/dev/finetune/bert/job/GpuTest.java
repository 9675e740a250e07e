package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.DropoutMasks;
import dev.finetune.nn.ForwardContext;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.Devices;
import dev.finetune.train.Precision;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a GPU does in its own way. Golden cases are computed there with -Dfinetune.device=cuda. */
class GpuTest {
    private static final Dataset<Text> TRAIN = Jobs.data(48, 1);
    private static final Dataset<Text> VALIDATION = Jobs.data(16, 2);

    @BeforeAll
    static void needsOne() {
        if (!Devices.cudaUsable()) {
            System.out.println("SKIPPED, not passed: GpuTest, because there is no GPU: " + Devices.whyNoCuda());
        }
        assumeTrue(Devices.cudaUsable());
    }

    private static FineTuner tuner() {
        return Jobs.classifier()
                .regularization(r -> r.dropout(0.1))
                .lr(1e-3)
                .epochs(2)
                .device(DeviceChoice.CUDA);
    }

    private static List<Double> losses(FineTuner tuner) {
        try (FineTuned<Text> tuned = tuner.fit(TRAIN, VALIDATION)) {
            return Jobs.losses(tuned);
        }
    }

    /** The share of places that none of the outputs dropped. */
    private static double keptByAll(float[]... outputs) {
        final long kept = IntStream.range(0, outputs[0].length)
                .filter(place -> Arrays.stream(outputs).allMatch(output -> output[place] > 0))
                .count();
        return (double) kept / outputs[0].length;
    }

    @Test
    void dropoutDependsOnTheSeedAloneAndKeepsItsShareAndTheProcessDrawsOn() {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor ones = torch.ones(1000, 1000).to(Devices.of(DeviceChoice.CUDA), torch.ScalarType.Float);
            final Dropout dropout = new Dropout(0.1);
            torch.manual_seed(3);
            final float[] undisturbed = Tensors.floats(torch.rand_like(ones));
            torch.manual_seed(3);
            final float[] first = Tensors.floats(dropout.forward(ones, ForwardContext.training(7)));
            assertThat(Tensors.floats(torch.rand_like(ones))).isEqualTo(undisturbed);
            assertThat(Tensors.floats(dropout.forward(ones, ForwardContext.training(7))))
                    .isEqualTo(first);
            final ForwardContext other = ForwardContext.training(8);
            final float[] second = Tensors.floats(dropout.forward(ones, other));
            final float[] third = Tensors.floats(dropout.forward(ones, other));
            for (float number : first) {
                assertThat(number).isIn(0f, 1 / 0.9f);
            }
            // Five standard deviations of a million draws.
            assertThat(keptByAll(first)).isCloseTo(0.9, within(0.0015));
            assertThat(keptByAll(first, second)).isCloseTo(0.81, within(0.002));
            assertThat(keptByAll(second, third)).isCloseTo(0.81, within(0.002));
        }
    }

    @Test
    void equalSeedsGiveEqualLossesAndOthersGiveOthers() {
        final List<Double> first = losses(tuner());
        final List<Double> second = losses(tuner());
        for (int i = 0; i < first.size(); i++) { // Sums of embeddings' gradients come in any order.
            assertThat(second.get(i)).isCloseTo(first.get(i), within(1e-4));
        }
        assertThat(losses(tuner().seed(43)).get(0)).isNotEqualTo(first.get(0));
    }

    @Test
    void aLayerComputedTwiceDropsTheSame() {
        final List<Double> once = losses(tuner().execution(e -> e.cudaGraphs(false)));
        final List<Double> twice = losses(tuner().execution(e -> e.gradientCheckpointing(true)));
        for (int i = 0; i < once.size(); i++) {
            assertThat(twice.get(i)).as("loss of step %d", i).isCloseTo(once.get(i), within(1e-4));
        }
    }

    @Test
    void whatFrozenStagesGiveIsKept() {
        final List<Double> kept =
                losses(tuner().regularization(r -> r.dropout(0)).freeze(2));
        final List<Double> anew =
                losses(tuner().regularization(r -> r.dropout(0)).freeze(2).execution(e -> e.keepFrozenOutputs(false)));
        for (int i = 0; i < kept.size(); i++) {
            assertThat(kept.get(i)).as("loss of step %d", i).isCloseTo(anew.get(i), within(1e-4));
        }
    }

    @Test
    void whatIsRecordedAndReplayedTrainsAsWhatIsNot() {
        for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16)) {
            final FineTuner tuner =
                    tuner().regularization(r -> r.dropout(0)).epochs(6).precision(precision);
            final List<Double> replayed = losses(tuner);
            final List<Double> plain = losses(tuner.execution(e -> e.cudaGraphs(false)));
            final double tolerance = precision == Precision.FLOAT32 ? 1e-4 : 0.02;
            for (int i = 0; i < plain.size(); i++) {
                assertThat(replayed.get(i))
                        .as("%s, loss of step %d", precision, i)
                        .isCloseTo(plain.get(i), within(tolerance));
            }
        }
    }

    @Test
    void recordingsAreMadeWithoutWarnings() {
        try (FineTuned<Text> tuned = tuner().epochs(6).fit(TRAIN, VALIDATION)) {
            assertThat(tuned.provenance().warnings()).noneMatch(warning -> warning.contains("recorded"));
        }
    }

    @Test
    void trainingsOfTwoThreadsAreAsIfEachWereAlone() {
        final FineTuner one = tuner().epochs(6);
        final FineTuner other = tuner().epochs(6).seed(43);
        final List<List<Double>> alone = List.of(losses(one), losses(other));
        final var first = CompletableFuture.supplyAsync(() -> losses(one));
        final var second = CompletableFuture.supplyAsync(() -> losses(other));
        final List<List<Double>> together = List.of(first.join(), second.join());
        for (int run = 0; run < 2; run++) {
            for (int i = 0; i < alone.get(run).size(); i++) {
                assertThat(together.get(run).get(i))
                        .as("run %d, loss of step %d", run, i)
                        .isCloseTo(alone.get(run).get(i), within(1e-3));
            }
        }
    }

    @Test
    void masksThatAreDrawnBeforehandKeepTheirShareAndDropAnewEachTime() {
        try (TensorScope scope = TensorScope.open();
                DropoutMasks masks = new DropoutMasks(Devices.of(DeviceChoice.CUDA))) {
            final Tensor ones = torch.ones(1000, 1000).to(Devices.of(DeviceChoice.CUDA), torch.ScalarType.Float);
            final ForwardContext context = ForwardContext.training(7).with(masks);
            final Dropout dropout = new Dropout(0.1);
            dropout.forward(ones, context);
            dropout.forward(ones, context);
            masks.settle();
            masks.draw(1);
            final float[] first = Tensors.floats(dropout.forward(ones, context));
            final float[] next = Tensors.floats(dropout.forward(ones, context));
            masks.draw(2);
            final float[] other = Tensors.floats(dropout.forward(ones, context));
            masks.draw(1);
            assertThat(Tensors.floats(dropout.forward(ones, context))).isEqualTo(first);
            assertThat(keptByAll(first)).isCloseTo(0.9, within(0.0015));
            assertThat(keptByAll(first, next)).isCloseTo(0.81, within(0.002));
            assertThat(keptByAll(first, other)).isCloseTo(0.81, within(0.002));
        }
    }

    @Test
    void castingAllWeightsAtOnceTrainsAsAutocastDoes() {
        final FineTuner half = tuner().regularization(r -> r.dropout(0)).precision(Precision.BFLOAT16);
        final List<Double> atOnce = losses(half);
        final List<Double> each = losses(half.execution(e -> e.recomputeActivations(false)));
        for (int i = 0; i < atOnce.size(); i++) {
            assertThat(atOnce.get(i)).as("loss of step %d", i).isCloseTo(each.get(i), within(0.02));
        }
    }

    @Test
    void aModelTrainedThereSaysTheSameOnACpu(@TempDir Path folder) {
        final Path saved = folder.resolve("saved");
        try (FineTuned<Text> there = tuner().fit(TRAIN, VALIDATION)) {
            there.save(saved);
            try (FineTuned<Text> here =
                    FineTuner.from(saved).device(DeviceChoice.CPU).untrained(Text.class)) {
                assertThat(here.evaluate(VALIDATION).get("loss"))
                        .isCloseTo(there.evaluate(VALIDATION).get("loss"), within(1e-4));
            }
        }
    }
}
