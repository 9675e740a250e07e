package dev.finetune.bert.golden;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A small checkpoint, and what the reference implementation computed from it. */
record GoldenCase(Path directory, JsonObject json, Map<String, HostTensor> tensors) {
    static final int BATCHES = 4;

    /** Every case below the root that trains an encoder, told by what it holds and not by its name. */
    static List<GoldenCase> training() {
        return having("task", "texts", "max_length");
    }

    /** Every case below the root that trains a LoRA adapter. */
    static List<GoldenCase> adapters() {
        return having("r", "alpha", "target_modules");
    }

    private static List<GoldenCase> having(String... keys) {
        return GoldenFolders.all().values().stream()
                .filter(folder -> GoldenFolders.read(folder).keySet().containsAll(List.of(keys)))
                .map(GoldenCase::open)
                .toList();
    }

    /** The case of a folder. */
    static GoldenCase open(Path folder) {
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
        return new GoldenCase(folder, GoldenFolders.read(folder), tensors);
    }

    String name() {
        return directory.getFileName().toString();
    }

    /** The case's own checkpoint, or that of the case that it names. */
    Path model() {
        return json.has("model")
                ? directory.resolveSibling(json.get("model").getAsString()).resolve("model")
                : directory.resolve("model");
    }

    int number(String key) {
        return json.get(key).getAsInt();
    }

    double[] numbers(String key) {
        return json.getAsJsonArray(key).asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
    }

    /** The texts (or pairs) of a batch. */
    List<Text> texts(int batch) {
        final JsonArray lines = json.getAsJsonArray("texts").get(batch).getAsJsonArray();
        final List<Text> texts = new ArrayList<>();
        if (lines.get(0).isJsonPrimitive()) {
            lines.forEach(line -> texts.add(Text.of(line.getAsString())));
            return texts;
        }
        final JsonArray first = lines.get(0).getAsJsonArray();
        for (int i = 0; i < first.size(); i++) {
            texts.add(
                    lines.size() == 1
                            ? Text.of(first.get(i).getAsString())
                            : Text.pair(
                                    first.get(i).getAsString(),
                                    lines.get(1).getAsJsonArray().get(i).getAsString()));
        }
        return texts;
    }

    /** A batch as the loop takes it. */
    HostBatch batch(int index) {
        final String prefix = "batch" + index + ".";
        final Map<String, HostTensor> columns = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                columns.put(name.substring(prefix.length()), tensor);
            }
        });
        final int rows = Math.toIntExact(columns.get("input_ids").shape()[0]);
        if (columns.get("labels") instanceof HostTensor.Floats floats && floats.shape().length == 1) {
            columns.put("labels", new HostTensor.Floats(floats.data(), rows, 1));
        }
        return new HostBatch(columns, Collections.nCopies(rows, new Row()));
    }

    float[] expected(String name) {
        return ((HostTensor.Floats) tensors.get("expected." + name)).data();
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
