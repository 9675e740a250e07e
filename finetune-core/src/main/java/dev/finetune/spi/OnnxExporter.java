package dev.finetune.spi;

import dev.finetune.nn.OperatorGraph;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Writes networks as ONNX files. Found with {@link java.util.ServiceLoader}; the artifact finetune-onnx brings the one
 * that there is, so that who doesn't export carries nothing of it.
 */
public interface OnnxExporter {
    /**
     * Writes model.onnx and, where its numbers don't fit into one file of the format, what it names beside it.
     *
     * @param folder empty of files of these names
     * @param graph what the network computes; borrowed, as the network, for the call
     * @param metadata texts by name, for applications that read the file
     * @throws IOException if writing fails
     */
    void write(Path folder, OperatorGraph graph, Map<String, String> metadata) throws IOException;
}
