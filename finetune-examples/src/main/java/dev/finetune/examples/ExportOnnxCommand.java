package dev.finetune.examples;

import dev.finetune.FineTuned;
import dev.finetune.checkpoint.Overwrite;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Saves a model that was saved as ONNX, for other runtimes. */
@Command(
        name = "export-onnx",
        description = "Save a saved model as ONNX, for ONNX Runtime and other runtimes.",
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
public final class ExportOnnxCommand implements Callable<Integer> {
    @Option(names = "--model", required = true, description = "The directory of a saved model.")
    private Path model = Path.of("");

    @Option(names = "--out", required = true, description = "Where to save it: another directory.")
    private Path out = Path.of("");

    @Option(names = "--overwrite", description = "Replace the model that lies in --out, whoever saved it there.")
    private boolean overwrite;

    @Override
    public Integer call() {
        Output.checkThere(model);
        try (FineTuned<?> loaded = FineTuned.load(model)) {
            loaded.exportOnnx(out, overwrite ? Overwrite.ANY : Overwrite.OURS);
            System.out.println("exported to " + out.toAbsolutePath());
        }
        return 0;
    }
}
