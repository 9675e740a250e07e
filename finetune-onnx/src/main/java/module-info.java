import dev.finetune.onnx.OnnxFiles;
import dev.finetune.spi.OnnxExporter;

/** Writes networks as ONNX files: what {@code FineTuned.exportOnnx} needs. */
module dev.finetune.onnx {
    requires transitive dev.finetune.core;

    provides OnnxExporter with
            OnnxFiles;
}
