package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.nn.Network;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.RowEncoder;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Few-shot learning where the last layer is a convolution whose output is rectified before its mean is taken. */
class FewPicturesSqueezeNetTest {
    private static final int SIDE = 32;

    @TempDir
    Path folder;

    private Path weights;

    /** A SqueezeNet with two fire modules and random weights, for three classes. */
    @BeforeEach
    void write() {
        weights = folder.resolve("squeezenet.safetensors");
        final SplittableRandom random = new SplittableRandom(3);
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            put(tensors, random, "features.0", 16, 3, 3, 3);
            for (int fire : new int[] {3, 4}) {
                final String place = "features." + fire;
                put(tensors, random, place + ".squeeze", 8, fire == 3 ? 16 : 32, 1, 1);
                put(tensors, random, place + ".expand1x1", 16, 8, 1, 1);
                put(tensors, random, place + ".expand3x3", 16, 8, 3, 3);
            }
            put(tensors, random, "classifier.1", 3, 32, 1, 1);
            SafetensorsWriter.write(weights, tensors, Map.of());
        }
    }

    private static void put(Map<String, Tensor> tensors, SplittableRandom random, String name, long... shape) {
        final float[] weight = new float[(int) LongStream.of(shape).reduce(1, (a, b) -> a * b)];
        final double spread = 2 * Math.sqrt(6.0 / (weight.length / shape[0]));
        for (int i = 0; i < weight.length; i++) {
            weight[i] = (float) (spread * (random.nextDouble() - 0.5));
        }
        tensors.put(name + ".weight", Tensors.of(weight, shape));
        tensors.put(name + ".bias", Tensors.of(new float[(int) shape[0]], shape[0]));
    }

    /** Noise, of which one class has more red, the other more blue. */
    private static Dataset<Image> pictures(long seed, int count) {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<Example<Image>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final byte[] rgb = new byte[3 * SIDE * SIDE];
            for (int k = 0; k < rgb.length; k++) {
                rgb[k] = (byte) random.nextInt(k % 3 == (i % 2 == 0 ? 0 : 2) ? 256 : 180);
            }
            examples.add(new Example<>(Image.rgb(rgb, SIDE, SIDE), Label.of(i % 2 == 0 ? "red" : "blue")));
        }
        return Dataset.of(Image.class, examples);
    }

    private FineTuner tuner() {
        return FineTuner.from(weights)
                .device(DeviceChoice.CPU)
                .inputs(Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(SIDE, SIDE))
                        .withCrop(new Crop.None()))
                .head("blue", "red")
                .lr(1e-3)
                .batchSize(8);
    }

    @Test
    void itLearnsAndIsTheSameOnceSaved() {
        final Dataset<Image> others = pictures(2, 60);
        try (FineTuned<Image> tuned = tuner().fitFewShot(pictures(1, 16))) {
            final double accuracy = tuned.evaluate(others).get("accuracy");
            assertThat(accuracy).isGreaterThan(0.9);
            tuned.save(folder.resolve("saved"));
            try (FineTuned<Image> loaded = FineTuned.load(folder.resolve("saved"))) {
                assertThat(loaded.evaluate(others).get("accuracy")).isEqualTo(accuracy);
            }
        }
    }

    @Test
    void itsLogitsAreThoseOfTheRegressionForNothingIsRectified() {
        final Dataset<Image> few = pictures(1, 16);
        try (FineTuned<Image> tuned = tuner().fitFewShot(few);
                TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off();
                Batch batch = new Batch(
                        tuned.assembly()
                                .encoder()
                                .collate(
                                        RowEncoder.encode(few, tuned.assembly().encoder()),
                                        CollateContext.predicting()),
                        Tensors.cpu())) {
            final Network network = tuned.assembly().network();
            final Tensor weight = network.head().parameters().get(0).value();
            final Tensor bias = network.head().parameters().get(1).value();
            final Map<String, Tensor> outputs = network.forward(batch, ForwardContext.evaluating());
            final Tensor linear =
                    torch.linear(outputs.get("pooled"), weight.flatten(1, 3)).add_(bias);
            assertThat(Tensors.scalar(outputs.get("logits").sub(linear).abs_().max()))
                    .isLessThan(1e-5 * Tensors.scalar(linear.abs().max()));
        }
    }
}
