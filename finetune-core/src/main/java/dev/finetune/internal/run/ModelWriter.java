package dev.finetune.internal.run;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
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
        write(
                new ModelDirectory(directory, ModelDirectory.Kind.MODEL),
                overwrite,
                trained,
                staging -> writeWeights(staging, trained.model().assembly()));
    }

    /** Writes a model whose weights are written some other way, when all else is there. */
    static void write(
            ModelDirectory directory, Overwrite overwrite, Trained<?> trained, ModelDirectory.Content weights) {
        directory.write(overwrite, staging -> {
            writeAllElse(staging, trained, directory.kind());
            weights.writeTo(staging);
        });
    }

    private static void writeWeights(Path staging, Assembly<?> assembly) {
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Parameter parameter : assembly.network().parameters()) {
                if (!parameter.name().startsWith(AdapterParameters.PREFIX)) {
                    tensors.put(parameter.name(), parameter.effective());
                }
            }
            for (Buffer buffer : assembly.network().buffers()) {
                tensors.put(buffer.name(), buffer.value());
            }
            SafetensorsWriter.writeSharded(staging, tensors, SafetensorsWriter.DEFAULT_MAX_SHARD_BYTES);
        }
    }

    private static void writeAllElse(Path staging, Trained<?> trained, ModelDirectory.Kind kind) throws IOException {
        final Assembly<?> assembly = trained.model().assembly();
        assembly.encoder().save(staging);
        Files.writeString(staging.resolve("config.json"), GSON.toJson(assembly.config()) + "\n");
        final String card =
                ModelCard.write(assembly.task(), trained.provenance(), trained.history(), trained.evaluation());
        Files.writeString(staging.resolve(ModelFiles.CARD), card);
        ModelRecord.of(
                        kind,
                        ModelCard.json(assembly.task(), trained.provenance(), trained.history(), trained.evaluation()))
                .withCard(card)
                .write(staging);
        assembly.task().calibration().write(staging);
    }
}
