package dev.finetune;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import dev.finetune.calibration.Calibration;
import dev.finetune.checkpoint.AdapterParameters;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.metrics.Metrics;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Parameter;
import dev.finetune.report.ModelCard;
import dev.finetune.spi.Assembly;
import dev.finetune.train.TrainingHistory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** Writes a model directory. */
final class ModelWriter {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .serializeNulls()
            .disableHtmlEscaping()
            .create();

    /** Weights (and a calibration) that an earlier save in the same place may have left; loaders would prefer some of them. */
    private static final Pattern WEIGHTS = Pattern.compile("model(-\\d{5}-of-\\d{5})?\\.safetensors(\\.index\\.json)?");

    private ModelWriter() {}

    static void write(
            Path directory,
            Assembly<?> assembly,
            Provenance provenance,
            Optional<TrainingHistory> history,
            Optional<Metrics> evaluation) {
        try {
            Files.createDirectories(directory);
            final Path staging = Files.createTempDirectory(directory, ".saving-");
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
                assembly.encoder().save(staging);
                Files.writeString(staging.resolve("config.json"), GSON.toJson(assembly.config()) + "\n");
                Files.writeString(
                        staging.resolve("README.md"),
                        ModelCard.write(assembly.task(), provenance, history, evaluation));
                final JsonObject record = ModelCard.json(assembly.task(), provenance, history, evaluation);
                Files.writeString(staging.resolve("finetune.json"), GSON.toJson(record) + "\n");
                assembly.task().calibration().write(staging);
                moveAll(staging, directory);
            } finally {
                deleteAll(staging);
            }
        } catch (IOException e) {
            throw new FinetuneException("The model could not be saved in " + directory.toAbsolutePath() + ": " + e, e);
        }
    }

    private static void moveAll(Path from, Path to) throws IOException {
        final Set<String> written = new HashSet<>();
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                written.add(file.getFileName().toString());
                Files.move(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        try (Stream<Path> files = Files.list(to)) {
            for (Path file : files.toList()) {
                final String name = file.getFileName().toString();
                final boolean ours = WEIGHTS.matcher(name).matches() || name.equals(Calibration.FILE);
                if (ours && !written.contains(name)) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : List.copyOf(files.toList())) {
                Files.deleteIfExists(file);
            }
        }
        Files.deleteIfExists(directory);
    }
}
