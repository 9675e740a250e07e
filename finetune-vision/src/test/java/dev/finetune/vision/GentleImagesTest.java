package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Network;
import dev.finetune.nn.Stage;
import dev.finetune.train.Cancellation;
import dev.finetune.train.Checkpoints;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import dev.finetune.train.WeightAverage;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layer decay, gradual unfreezing and averaged weights on a small residual network: batch norms and all. */
class GentleImagesTest {
    private static final Path MODEL = Path.of("src/test/resources/golden/resnet-basic/model");

    /** Noise, dark (even) or light (odd). */
    private static Dataset<Image> pictures(int from, int count) {
        final List<Example<Image>> examples = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            final SplittableRandom random = new SplittableRandom(i);
            final byte[] rgb = new byte[3 * 32 * 32];
            for (int k = 0; k < rgb.length; k++) {
                rgb[k] = (byte) (random.nextInt(90) + (i % 2 == 0 ? 0 : 120));
            }
            examples.add(new Example<>(Image.rgb(rgb, 32, 32), Label.of(i % 2 == 0 ? "dark" : "light")));
        }
        return Dataset.of(Image.class, examples);
    }

    private static FineTuner tuner() {
        return FineTuner.from(MODEL)
                .device(DeviceChoice.CPU)
                .inputs(Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(32, 32))
                        .withCrop(new Crop.None()))
                .head("dark", "light")
                .lr(3e-3)
                .batchSize(8);
    }

    /** Parameters and running statistics of each stage, the head's last. */
    private static List<List<float[]>> stages(FineTuned<?> model) {
        final Network network = model.assembly().network();
        final List<List<float[]>> all = new ArrayList<>();
        for (Stage stage : network.stages()) {
            final List<float[]> values = new ArrayList<>();
            stage.parameters().forEach(parameter -> values.add(Tensors.floats(parameter.value())));
            stage.buffers().forEach(buffer -> values.add(Tensors.floats(buffer.value())));
            all.add(values);
        }
        all.add(network.head().parameters().stream()
                .map(parameter -> Tensors.floats(parameter.value()))
                .toList());
        return all;
    }

    @Test
    void stagesThatWaitKeepWeightsAndRunningStatistics() {
        final FineTuner tuner =
                tuner().preservation(p -> p.gradualUnfreezing(1)).weightDecay(0.1);
        for (boolean checkpointing : new boolean[] {false, true}) {
            final FineTuner tried = checkpointing ? tuner.execution(e -> e.gradientCheckpointing(true)) : tuner;
            try (FineTuned<Image> before = tried.untrained(Image.class);
                    FineTuned<Image> tuned = tried.epochs(3).fitAll(pictures(0, 32))) {
                final List<List<float[]>> start = stages(before);
                final List<List<float[]>> end = stages(tuned);
                final int all = end.size();
                assertThat(all).isGreaterThan(4);
                for (int i = 0; i < all - 3; i++) {
                    assertThat(end.get(i))
                            .as("stage %d", i)
                            .usingRecursiveComparison()
                            .isEqualTo(start.get(i));
                }
                for (int i = all - 3; i < all; i++) {
                    for (int j = 0; j < end.get(i).size(); j++) {
                        assertThat(end.get(i).get(j))
                                .as("stage %d, %d", i, j)
                                .isNotEqualTo(start.get(i).get(j));
                    }
                }
            }
        }
    }

    @Test
    void theFirstStepMovesEachStageByItsPowerOfTheFactor() {
        try (FineTuned<Image> before = tuner().untrained(Image.class);
                FineTuned<Image> tuned =
                        tuner().maxSteps(1).preservation(p -> p.layerDecay(0.5)).fitAll(pictures(0, 32))) {
            final List<Stage> stages = before.assembly().network().stages();
            final List<Stage> moved = tuned.assembly().network().stages();
            for (int i = 0; i < stages.size(); i++) {
                final float[] start =
                        Tensors.floats(stages.get(i).parameters().get(0).value());
                final float[] end =
                        Tensors.floats(moved.get(i).parameters().get(0).value());
                double farthest = 0;
                for (int j = 0; j < start.length; j++) {
                    farthest = Math.max(farthest, Math.abs(end[j] - start[j]));
                }
                final double rate = 3e-3 * Math.pow(0.5, stages.size() - i);
                assertThat(farthest).as("stage %d", i).isCloseTo(rate, within(0.02 * rate));
            }
        }
    }

    @Test
    void averagedNetworksLearnAndAreEvaluatedWithAveragedStatistics() {
        final Dataset<Image> validation = pictures(400, 20);
        for (WeightAverage average : List.of(WeightAverage.ema(0.9), WeightAverage.swa(0.5))) {
            try (FineTuned<Image> plain = tuner().epochs(5).fit(pictures(0, 64), validation);
                    FineTuned<Image> averaged = tuner().epochs(5)
                            .regularization(r -> r.average(average))
                            .fit(pictures(0, 64), validation)) {
                assertThat(averaged.history().orElseThrow().steps())
                        .extracting(step -> step.loss())
                        .isEqualTo(plain.history().orElseThrow().steps().stream()
                                .map(step -> step.loss())
                                .toList());
                assertThat(averaged.evaluation().get("accuracy")).isGreaterThan(0.9);
                assertThat(averaged.evaluate(validation).get("loss"))
                        .isCloseTo(averaged.evaluation().get("loss"), within(1e-6));
                assertThat(stages(averaged).get(0))
                        .usingRecursiveComparison()
                        .isNotEqualTo(stages(plain).get(0));
            }
        }
    }

    @Test
    void aStoppedTrainingGoesOnToTheSameWeightsAndRunningStatistics(@TempDir Path folder) {
        final FineTuner averaged = tuner().augment(Augment.randomResizedCrop(32), Augment.horizontalFlip())
                .regularization(r -> r.average(WeightAverage.ema(0.9)))
                .epochs(3);
        final FineTuner frozen = tuner().freeze(1).epochs(3).keepBest();
        for (FineTuner tuner : List.of(averaged, frozen)) {
            final FineTuner saving = tuner.checkpoints(Checkpoints.in(folder).resume());
            for (int stop : new int[] {3, 7}) { // Of 12 steps.
                final Cancellation cancellation = new Cancellation();
                saving.cancellation(cancellation)
                        .listener(new TrainingListener() {
                            @Override
                            public void stepped(StepReport report) {
                                if (report.step() + 1 == stop) {
                                    cancellation.cancel();
                                }
                            }
                        })
                        .fit(pictures(0, 32), pictures(32, 8))
                        .close();
            }
            try (FineTuned<Image> expected = tuner.fit(pictures(0, 32), pictures(32, 8));
                    FineTuned<Image> resumed = saving.fit(pictures(0, 32), pictures(32, 8))) {
                assertThat(stages(resumed)).usingRecursiveComparison().isEqualTo(stages(expected));
                assertThat(resumed.evaluation().toString())
                        .isEqualTo(expected.evaluation().toString());
            }
            Checkpoints.remove(folder);
        }
    }

    @Test
    void crossValidationOfOtherPicturesOfTheSameSizeIsAnother(@TempDir Path folder) {
        final FineTuner tuner =
                tuner().epochs(1).checkpoints(Checkpoints.in(folder).resume());
        tuner.crossValidate(pictures(0, 12), 2);
        assertThatThrownBy(() -> tuner.crossValidate(pictures(12, 12), 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"the data\" was 12 rows");
    }
}
