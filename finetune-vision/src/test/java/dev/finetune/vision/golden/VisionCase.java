package dev.finetune.vision.golden;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.Weights;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** A small checkpoint of an image network, and what the reference implementation computed from it. */
record VisionCase(Path directory, JsonObject json, Map<String, HostTensor> tensors) {
    /** Every case that holds pixels, told by what it holds and not by its name. */
    static List<VisionCase> all() {
        return GoldenFolders.all().values().stream()
                .filter(VisionCase::holdsPixels)
                .map(VisionCase::open)
                .toList();
    }

    private static boolean holdsPixels(Path folder) {
        try (Weights weights = Weights.open(folder.resolve("case.safetensors"))) {
            return weights.names().contains("x") && weights.names().contains("expected.logits_x");
        }
    }

    private static VisionCase open(Path folder) {
        final Map<String, HostTensor> tensors = new LinkedHashMap<>();
        try (Weights weights = Weights.open(folder.resolve("case.safetensors"))) {
            for (String name : weights.names()) {
                try (TensorScope scope = TensorScope.open()) {
                    final Tensor tensor = weights.read(name);
                    final long[] shape = Tensors.shape(tensor);
                    tensors.put(
                            name,
                            weights.describe(name).dtype() == DType.I64
                                    ? new HostTensor.Longs(Tensors.longs(tensor), shape)
                                    : new HostTensor.Floats(Tensors.floats(tensor), shape));
                }
            }
        }
        return new VisionCase(folder, GoldenFolders.read(folder), tensors);
    }

    String name() {
        return directory.getFileName().toString();
    }

    /** What can be loaded: the directory where it has a config.json, and every file of a state dict. */
    List<Path> weights() {
        final Path model = directory.resolve("model");
        final List<Path> pickled = list(model, ".pth", ".pth.tar");
        return Files.exists(model.resolve("config.json"))
                ? Stream.concat(Stream.of(model), pickled.stream()).toList()
                : pickled;
    }

    List<Path> images() {
        return list(directory.resolve("images"), ".png");
    }

    private static List<Path> list(Path folder, String... endings) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file ->
                            Arrays.stream(endings).anyMatch(file.getFileName().toString()::endsWith))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    double[] numbers(String key) {
        return json.getAsJsonArray(key).asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
    }

    boolean has(String expected) {
        return tensors.containsKey("expected." + expected);
    }

    HostTensor.Floats floats(String name) {
        return (HostTensor.Floats) tensors.get(name);
    }

    float[] expected(String name) {
        return floats("expected." + name).data();
    }

    HostTensor.Floats x() {
        return floats("x");
    }

    /** Rows first, first + 3, first + 6 ... of x and y. */
    HostBatch everyThird(int first) {
        final HostTensor.Floats x = x();
        final long[] y = ((HostTensor.Longs) tensors.get("y")).data();
        final int size = x.data().length / y.length;
        final int rows = (y.length - first + 2) / 3;
        final float[] pixels = new float[rows * size];
        final long[] labels = new long[rows];
        for (int row = 0; row < rows; row++) {
            System.arraycopy(x.data(), (first + 3 * row) * size, pixels, row * size, size);
            labels[row] = y[first + 3 * row];
        }
        final long[] shape = x.shape().clone();
        shape[0] = rows;
        return new HostBatch(
                Map.of(
                        "pixel_values", new HostTensor.Floats(pixels, shape),
                        "labels", new HostTensor.Longs(labels, rows)),
                Collections.nCopies(rows, new Row()));
    }

    private record Row() implements Encoded {
        @Override
        public int length() {
            return 1;
        }

        @Override
        public Target target() {
            return new Target.None();
        }
    }
}
