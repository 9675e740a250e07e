package dev.finetune.internal.run;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.AdapterParameters;
import dev.finetune.report.ModelCard;
import dev.finetune.spi.Assembly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Writes a model directory. */
public final class ModelWriter {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .serializeNulls()
            .disableHtmlEscaping()
            .create();

    private ModelWriter() {}

    public static void write(Path directory, Overwrite overwrite, Trained<?> trained) {
        new ModelDirectory(directory, ModelDirectory.Kind.MODEL)
                .write(overwrite, staging -> writeAll(staging, trained));
    }

    private static void writeAll(Path staging, Trained<?> trained) throws IOException {
        final Assembly<?> assembly = trained.model().assembly();
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Parameter parameter : assembly.network().parameters()) {
                if (!parameter.name().startsWith(AdapterParameters.PREFIX)) {
                    tensors.put(
                            parameter.name(),
                            parameter
                                    .adapter()
                                    .map(adapter -> adapter.merged(parameter.value()))
                                    .orElse(parameter.value()));
                }
            }
            for (Buffer buffer : assembly.network().buffers()) {
                tensors.put(buffer.name(), buffer.value());
            }
            SafetensorsWriter.writeSharded(staging, tensors, SafetensorsWriter.DEFAULT_MAX_SHARD_BYTES);
        }
        assembly.encoder().save(staging);
        Files.writeString(staging.resolve("config.json"), GSON.toJson(assembly.config()) + "\n");
        final String card =
                ModelCard.write(assembly.task(), trained.provenance(), trained.history(), trained.evaluation());
        Files.writeString(staging.resolve(ModelFiles.CARD), card);
        final JsonObject record =
                ModelCard.json(assembly.task(), trained.provenance(), trained.history(), trained.evaluation());
        ModelDirectory.mark(record, ModelDirectory.Kind.MODEL);
        ModelDirectory.mark(record, card);
        Files.writeString(staging.resolve(ModelFiles.RECORD), GSON.toJson(record) + "\n");
        assembly.task().calibration().write(staging);
    }
}
