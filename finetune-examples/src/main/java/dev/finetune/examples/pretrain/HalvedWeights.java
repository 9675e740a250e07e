package dev.finetune.examples.pretrain;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Stores a saved model's weights in 16 bits: half the size, rounded to three digits. */
final class HalvedWeights {
    private HalvedWeights() {}

    /** Rounds model.safetensors to bfloat16, and says so in config.json; also where the thread is interrupted, which it stays. */
    static void in(Path directory) throws IOException {
        final boolean interrupted = Thread.interrupted();
        try {
            halve(directory);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static void halve(Path directory) throws IOException {
        final Path file = directory.resolve("model.safetensors");
        final Path halved = directory.resolve("model.safetensors.half");
        try (PointerScope scope = new PointerScope();
                Weights weights = Weights.open(file)) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : weights.names()) {
                tensors.put(name, weights.read(name, DType.BF16));
            }
            SafetensorsWriter.write(halved, tensors, Map.of("format", "pt"));
        }
        Files.move(halved, file, StandardCopyOption.REPLACE_EXISTING);
        final Path config = directory.resolve("config.json");
        final JsonObject json = JsonParser.parseString(Files.readString(config)).getAsJsonObject();
        json.addProperty("dtype", "bfloat16");
        BytePairFiles.json(config, json);
        Files.deleteIfExists(directory.resolve("finetune-files.json")); // It says how the files were before.
    }
}
