package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.head.Head;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.vision.Image;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Whatever reads pictures computes in ONNX Runtime, of random sizes, what it computes here; and loads again from the file. */
class ExportedPicturesTest {
    private static final List<String> FAMILIES = List.of(
            "resnet-basic",
            "resnet-bottleneck",
            "resnet-gelu",
            "resnet-timm",
            "resnet-timm-silu",
            "resnet-torchvision-basic",
            "resnet-torchvision-bottleneck");

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> everyResNetComputesTheSame() {
        return FAMILIES.stream()
                .flatMap(name -> Stream.of(
                        dynamicTest(name + ", classes", () -> check(checkpoint(name), Heads.classes("a", "b"))),
                        dynamicTest(
                                name + ", embeddings", () -> check(checkpoint(name), Heads.features(Pooling.MEAN)))));
    }

    private static Path checkpoint(String name) {
        final Path directory = Models.picture(name);
        return name.contains("torchvision") ? directory.resolve("weights.pth") : directory;
    }

    /** The shortcuts of networks for small pictures: every second place, and channels of zeros. */
    @Test
    void shortcutsWithoutProjectionsComputeTheSame() {
        final Path file = folder.resolve("padded.safetensors");
        final SplittableRandom random = new SplittableRandom(7);
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            convolution(tensors, random, "conv1", "bn1", 8, 3);
            for (int layer = 1; layer <= 3; layer++) {
                final int out = 4 << layer;
                final String block = "layer" + layer + ".0.";
                convolution(tensors, random, block + "conv1", block + "bn1", out, layer == 1 ? 8 : out / 2);
                convolution(tensors, random, block + "conv2", block + "bn2", out, out);
            }
            put(tensors, random, "linear", 2, 32);
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        check(file, Heads.classes("a", "b"));
    }

    private static void convolution(
            Map<String, Tensor> tensors, SplittableRandom random, String name, String norm, long out, long in) {
        put(tensors, random, name, out, in, 3, 3);
        tensors.remove(name + ".bias");
        put(tensors, random, norm, out);
        tensors.put(norm + ".running_mean", tensors.get(norm + ".bias").add(tensors.get(norm + ".weight")));
        tensors.put(norm + ".running_var", tensors.get(norm + ".weight").abs());
    }

    @Test
    void squeezeNetComputesTheSame() {
        final Path file = folder.resolve("squeezenet.safetensors");
        final SplittableRandom random = new SplittableRandom(3);
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            put(tensors, random, "features.0", 16, 3, 3, 3);
            for (int fire : new int[] {3, 4}) {
                put(tensors, random, "features." + fire + ".squeeze", 8, fire == 3 ? 16 : 32, 1, 1);
                put(tensors, random, "features." + fire + ".expand1x1", 16, 8, 1, 1);
                put(tensors, random, "features." + fire + ".expand3x3", 16, 8, 3, 3);
            }
            put(tensors, random, "classifier.1", 3, 32, 1, 1);
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        check(file, Heads.classes("a", "b", "c"));
        check(file, Heads.features(Pooling.MEAN));
    }

    private static void put(Map<String, Tensor> tensors, SplittableRandom random, String name, long... shape) {
        for (String part : List.of(".weight", ".bias")) {
            final long[] own = part.equals(".bias") ? new long[] {shape[0]} : shape;
            final float[] values = new float[(int) LongStream.of(own).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (random.nextDouble() - 0.5);
            }
            tensors.put(name + part, Tensors.of(values, own));
        }
    }

    private void check(Path checkpoint, Head head) {
        final Path exported = folder.resolve("exported-" + head.getClass().getSimpleName());
        try (FineTuned<Image> model = FineTuner.from(checkpoint).head(head).untrained(Image.class)) {
            Models.shake(model, 5);
            model.exportOnnx(exported);
            final SplittableRandom random = new SplittableRandom(17);
            try (OnnxRuntime runtime = OnnxRuntime.open(exported);
                    FineTuned<Image> again = FineTuner.from(exported).head(head).untrained(Image.class)) {
                for (int side : List.of(32, 33, 46)) {
                    final Map<String, HostTensor> batch = Models.pixels(1 + random.nextInt(3), side, side + 3, random);
                    final Map<String, float[]> ours = Models.outputs(model, batch);
                    Models.assertSame(ours, runtime.run(batch));
                    ours.forEach((name, values) -> assertThat(
                                    Models.outputs(again, batch).get(name))
                            .as("%s, loaded again", name)
                            .isEqualTo(values));
                }
            }
        }
    }
}
