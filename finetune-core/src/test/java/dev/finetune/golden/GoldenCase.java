package dev.finetune.golden;

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
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.train.BatchSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;

/** A small checkpoint, and what the reference implementation computed from it. */
public record GoldenCase(Path directory, JsonObject json, Map<String, HostTensor> tensors) {
    public static final int BATCHES = 4;

    /** What a case holds that trains a model. */
    public static final List<String> TRAINING = List.of("task", "texts", "max_length");

    /** What a case holds that trains a LoRA adapter. */
    public static final List<String> ADAPTERS = List.of("r", "alpha", "target_modules");

    /** Every case below the root that has these keys, and a model that a family of this kind recognises. */
    public static List<GoldenCase> having(List<String> keys, Class<? extends ModelFamily> kind) {
        return GoldenFolders.all().values().stream()
                .filter(folder -> GoldenFolders.read(folder).keySet().containsAll(keys))
                .map(GoldenCase::open)
                .filter(golden -> golden.isOf(kind))
                .toList();
    }

    /** Whether a family of this kind recognises its model. */
    public boolean isOf(Class<? extends ModelFamily> kind) {
        final ModelConfig config = ModelConfig.read(model());
        return ServiceLoader.load(kind).stream().anyMatch(family -> family.get().recognises(config));
    }

    /** The case of a folder. */
    public static GoldenCase open(Path folder) {
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

    public String name() {
        return directory.getFileName().toString();
    }

    /** The case's own checkpoint, or that of the case that it names. */
    public Path model() {
        return json.has("model")
                ? directory.resolveSibling(json.get("model").getAsString()).resolve("model")
                : directory.resolve("model");
    }

    public int number(String key) {
        return json.get(key).getAsInt();
    }

    public double[] numbers(String key) {
        return json.getAsJsonArray(key).asList().stream()
                .mapToDouble(JsonElement::getAsDouble)
                .toArray();
    }

    /** The texts (or pairs) of a batch. */
    public List<Text> texts(int batch) {
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
    public HostBatch batch(int index) {
        final Map<String, HostTensor> columns = columns("batch" + index + ".");
        final int rows = Math.toIntExact(columns.get("input_ids").shape()[0]);
        if (columns.get("labels") instanceof HostTensor.Floats floats && floats.shape().length == 1) {
            columns.put("labels", new HostTensor.Floats(floats.data(), rows, 1));
        }
        return new HostBatch(columns, Collections.nCopies(rows, new Row()));
    }

    /** The tensors whose names begin so, by the rest of their names. */
    public Map<String, HostTensor> columns(String prefix) {
        final Map<String, HostTensor> columns = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith(prefix)) {
                columns.put(name.substring(prefix.length()), tensor);
            }
        });
        return columns;
    }

    public float[] expected(String name) {
        return ((HostTensor.Floats) tensors.get("expected." + name)).data();
    }

    /** One long epoch that goes round the four batches in order. */
    public BatchSource cycle() {
        return cycle(0, 1);
    }

    /** The same, but of each batch only every so-manieth row, as one of so many processes takes them. */
    public BatchSource cycle(int rank, int processes) {
        return new Cycle(this, rank, processes);
    }

    private record Cycle(GoldenCase golden, int rank, int processes) implements BatchSource {
        @Override
        public OptionalLong batchesPerEpoch() {
            final JsonElement accumulated = golden.json.get("gradient_accumulation");
            return OptionalLong.of((long) golden.number("steps") * (accumulated == null ? 1 : accumulated.getAsInt()));
        }

        private HostBatch part(HostBatch batch) {
            if (processes == 1) {
                return batch;
            }
            final int[] rows = IntStream.range(0, batch.size())
                    .filter(row -> row % processes == rank)
                    .toArray();
            final Map<String, HostTensor> columns = new LinkedHashMap<>();
            batch.columns().forEach((name, column) -> columns.put(name, rows(column, rows)));
            return new HostBatch(columns, Collections.nCopies(rows.length, new Row()));
        }

        private static HostTensor rows(HostTensor column, int... rows) {
            final long[] shape = column.shape().clone();
            shape[0] = rows.length;
            if (column instanceof HostTensor.Floats floats) {
                final int width = Math.toIntExact(floats.data().length / column.shape()[0]);
                final float[] some = new float[rows.length * width];
                for (int i = 0; i < rows.length; i++) {
                    System.arraycopy(floats.data(), rows[i] * width, some, i * width, width);
                }
                return new HostTensor.Floats(some, shape);
            }
            final long[] all = ((HostTensor.Longs) column).data();
            final int width = Math.toIntExact(all.length / column.shape()[0]);
            final long[] some = new long[rows.length * width];
            for (int i = 0; i < rows.length; i++) {
                System.arraycopy(all, rows[i] * width, some, i * width, width);
            }
            return new HostTensor.Longs(some, shape);
        }

        @Override
        public OptionalLong rowsPerEpoch() {
            return OptionalLong.empty();
        }

        @Override
        public Batches epoch(int epoch) {
            final List<HostBatch> four = new ArrayList<>();
            for (int i = 0; i < BATCHES; i++) {
                four.add(part(golden.batch(i)));
            }
            return new Batches() {
                private int next;

                @Override
                public boolean hasNext() {
                    return next < batchesPerEpoch().getAsLong();
                }

                @Override
                public HostBatch next() {
                    return four.get(next++ % BATCHES);
                }

                @Override
                public void close() {}
            };
        }
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
