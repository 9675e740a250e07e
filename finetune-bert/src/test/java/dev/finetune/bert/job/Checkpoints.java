package dev.finetune.bert.job;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.internal.torch.TensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/** Copies of small checkpoints with another config.json, or other names. */
final class Checkpoints {
    private Checkpoints() {}

    /** A copy whose config.json was changed. */
    static Path configured(String model, Path to, Consumer<JsonObject> change) {
        copy(
                model,
                to,
                List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"));
        configure(to, change);
        return to;
    }

    /** Changes a copy's config.json. */
    static void configure(Path to, Consumer<JsonObject> change) {
        try {
            final JsonObject config = JsonParser.parseString(Files.readString(to.resolve("config.json")))
                    .getAsJsonObject();
            change.accept(config);
            Files.writeString(to.resolve("config.json"), config.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A copy whose tensors are called otherwise; those without a new name are left out. */
    static Path renamed(String model, Path to, Function<String, Optional<String>> rename) {
        return renamed(model, to, rename, Map.of());
    }

    /** The same with metadata of the file, beside its format. */
    static Path renamed(
            String model, Path to, Function<String, Optional<String>> rename, Map<String, String> metadata) {
        copy(model, to, List.of("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"));
        try (TensorScope scope = TensorScope.open();
                Weights weights = Weights.open(Jobs.model(model))) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : weights.names()) {
                rename.apply(name).ifPresent(other -> tensors.put(other, weights.read(name)));
            }
            final Map<String, String> all = new LinkedHashMap<>(metadata);
            all.put("format", "pt");
            SafetensorsWriter.write(to.resolve("model.safetensors"), tensors, all);
        }
        return to;
    }

    /** A copy whose tensors were changed, or to which others were added. */
    static Path changed(String model, Path to, Consumer<Map<String, Tensor>> change) {
        copy(model, to, List.of("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt"));
        try (TensorScope scope = TensorScope.open();
                Weights weights = Weights.open(Jobs.model(model))) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name)));
            change.accept(tensors);
            SafetensorsWriter.write(to.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        }
        return to;
    }

    private static void copy(String model, Path to, List<String> files) {
        try {
            Files.createDirectories(to);
            for (String file : files) {
                final Path from = Jobs.model(model).resolve(file);
                if (Files.exists(from)) { // Not every tokenizer has a vocab.txt.
                    Files.copy(from, to.resolve(file));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
