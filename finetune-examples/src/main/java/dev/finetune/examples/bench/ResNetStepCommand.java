package dev.finetune.examples.bench;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.examples.Bounds;
import dev.finetune.examples.ProcessFacts;
import dev.finetune.examples.TemporaryFolder;
import dev.finetune.examples.WrongUsage;
import dev.finetune.freeze.Freeze;
import dev.finetune.internal.torch.Natives;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The steady-state training step of a ResNet, on random weights and pixels. */
@Command(
        name = "resnet-step",
        description = "Time the training step of a ResNet on random weights and pixels.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ResNetStepCommand implements Callable<Integer> {
    @Option(
            names = "--arch",
            description = "resnet18, resnet34, resnet50, resnet101, wide_resnet50_2 or resnext50_32x4d.")
    private String architecture = "resnet50";

    @Option(names = "--batch", description = "Pictures in a batch.")
    private int batch = 16;

    @Option(names = "--size", description = "Height and width of the pictures.")
    private int size = 224;

    @Option(names = "--steps", description = "Steps that count.")
    private int steps = 5;

    @Option(names = "--warmup", description = "Steps before them.")
    private int warmup = 2;

    @Option(
            names = "--channels-last",
            description =
                    "0: one channel after the other; 1: all channels of a pixel side by side; auto: as the library"
                            + " chooses by the size of the pictures.")
    private String channelsLast = "auto";

    @Option(names = "--freeze", description = "none or backbone.")
    private String freeze = "none";

    @Option(names = "--classes", description = "Outputs of the head.")
    private int classes = 10;

    @Mixin
    private ComputeOptions compute = new ComputeOptions();

    @Option(
            names = "--recompute-activations",
            arity = "1",
            description = "Whether to keep less for the backward pass, and compute it again.")
    private boolean recomputeActivations = true;

    @Override
    public Integer call() throws IOException {
        Bounds.atLeast("--steps", steps, 1);
        final Path weights = weights();
        try (FineTuned<Image> model = tuner(weights).untrained(Image.class)) {
            final double median = StepTimer.medianSeconds(
                    model.assembly().network(), model.assembly().task(), model.settings(), randomBatch(), warmup);
            System.out.println(new Gson().toJson(json(median)));
        }
        return 0;
    }

    private FineTuner tuner(Path weights) {
        final FineTuner tuner = compute.applied(FineTuner.from(weights))
                .initialization(i -> i.randomWeights(true))
                .head(classes)
                .lr(1e-4)
                .maxSteps(warmup + steps)
                .execution(e -> e.memoryFormat(format()).recomputeActivations(recomputeActivations));
        return switch (freeze) {
            case "none" -> tuner;
            case "backbone" -> tuner.freeze(Freeze.allButHead());
            default -> throw new WrongUsage("--freeze " + freeze + ": there are none and backbone.");
        };
    }

    /** A file of weights, all zero: only names and shapes are read of it. */
    private Path weights() throws IOException {
        Natives.load();
        final Map<String, long[]> shapes = ResNetShape.named(architecture).tensors(classes);
        final Path file = TemporaryFolder.create("finetune-bench").resolve("model.safetensors");
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            shapes.forEach((name, shape) -> tensors.put(name, torch.zeros(shape)));
            SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
        }
        return file;
    }

    private HostBatch randomBatch() {
        final Random random = new Random(0);
        final float[] pixels = new float[batch * 3 * size * size];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (float) random.nextGaussian();
        }
        return StepTimer.batch(
                Map.of(
                        "pixel_values",
                        new HostTensor.Floats(pixels, batch, 3, size, size),
                        "labels",
                        new HostTensor.Longs(random.longs(batch, 0, classes).toArray(), batch)),
                batch);
    }

    private MemoryFormat format() {
        return switch (channelsLast) {
            case "auto" -> MemoryFormat.AUTO;
            case "0" -> MemoryFormat.CONTIGUOUS;
            case "1" -> MemoryFormat.CHANNELS_LAST;
            default -> throw new WrongUsage("--channels-last " + channelsLast + ": there are 0, 1 and auto.");
        };
    }

    private JsonObject json(double median) {
        final JsonObject json = new JsonObject();
        json.addProperty("what", "resnet_step");
        json.addProperty("samples_per_s", Math.round(batch / median * 1000) / 1000.0);
        json.addProperty("ms_per_step", Math.round(median * 1e4) / 10.0);
        json.addProperty("peak_rss_mb", ProcessFacts.peakResidentMegabytes());
        json.addProperty("matrix_products", Natives.matrixProducts());
        json.addProperty("arch", architecture);
        json.addProperty("batch", batch);
        json.addProperty("size", size);
        json.addProperty("steps", steps);
        json.addProperty("channels_last", channelsLast);
        json.addProperty("freeze", freeze);
        json.addProperty("warmup", warmup);
        json.addProperty("classes", classes);
        json.addProperty("recompute_activations", recomputeActivations);
        compute.describe(json);
        return json;
    }
}
