package dev.finetune.internal.run;

import com.google.gson.Gson;
import dev.finetune.batch.CollateContext;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.spi.Assembly;
import dev.finetune.spi.OnnxExporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Writes a model directory whose weights are in model.onnx, with the computation. */
public final class OnnxWriter {
    private static final String JSON = ".json";

    /** Configurations are smaller, tokenizers with their vocabularies larger. */
    private static final long MOST_METADATA = 1 << 17;

    private OnnxWriter() {}

    public static void write(Path directory, Overwrite overwrite, Trained<?> trained) {
        final OnnxExporter exporter = exporter();
        final Assembly<?> assembly = trained.model().assembly();
        final OperatorGraph graph = assembly.network()
                .draw(assembly.encoder()
                        .collate(List.of(), CollateContext.predicting())
                        .columns()
                        .keySet());
        ModelWriter.write(
                new ModelDirectory(directory, ModelDirectory.Kind.ONNX),
                overwrite,
                trained,
                staging -> exporter.write(
                        staging, graph, metadata(staging, assembly.task().labels())));
    }

    private static OnnxExporter exporter() {
        return ServiceLoader.load(OnnxExporter.class, OnnxWriter.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new FinetuneException(
                        "exportOnnx(...) needs the artifact dev.finetune:finetune-onnx, which isn't there: add it to your"
                                + " dependencies, in the version of finetune-core. If it is there, look into your fat jar:"
                                + " META-INF/services/" + OnnxExporter.class.getName() + " names the exporter."));
    }

    /** The labels, and the files that say how inputs are prepared and outputs are read. */
    private static Map<String, String> metadata(Path staging, List<String> labels) throws IOException {
        final Map<String, String> metadata = new TreeMap<>();
        try (Stream<Path> files = Files.list(staging)) {
            for (Path file : files.toList()) {
                final String name = file.getFileName().toString();
                if (name.endsWith(JSON) && Files.size(file) <= MOST_METADATA) {
                    metadata.put(name.substring(0, name.length() - JSON.length()), Files.readString(file));
                }
            }
        }
        if (!labels.isEmpty()) {
            metadata.put("labels", new Gson().toJson(labels));
        }
        return metadata;
    }
}
