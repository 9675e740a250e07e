package dev.finetune.train;

import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Tensor;

/** Tensors of a training, by name, in a file of a checkpoint. */
final class TensorFile {
    private TensorFile() {}

    /** Writes them (borrowed). */
    static void write(Path file, Map<String, Tensor> tensors) {
        SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
    }

    /** The shapes of what a file holds, by name. */
    static Map<String, long[]> shapes(Path file) {
        try (Weights saved = Weights.open(file)) {
            return saved.names().stream()
                    .collect(Collectors.toMap(
                            name -> name, name -> saved.describe(name).shape()));
        }
    }

    /**
     * Copies what was written into tensors (borrowed), bit by bit.
     *
     * @throws FinetuneException if the file holds others
     */
    static void read(Path file, Map<String, Tensor> into) {
        try (Weights saved = Weights.open(file);
                GradientMode off = GradientMode.off()) {
            if (!saved.names().equals(into.keySet())) {
                throw new FinetuneException(file + " holds " + saved.names().size() + " tensors " + few(saved.names())
                        + "; expected the " + into.size() + " that this training has, " + few(into.keySet()) + ".");
            }
            into.forEach((name, tensor) -> {
                try (TensorScope scope = TensorScope.open();
                        Tensor read = saved.read(name)) {
                    if (!Arrays.equals(Tensors.shape(read), Tensors.shape(tensor))
                            || read.scalar_type().intern()
                                    != tensor.scalar_type().intern()) {
                        throw new FinetuneException(file + ": \"" + name + "\" is "
                                + Arrays.toString(Tensors.shape(read)) + " of " + read.scalar_type() + "; expected "
                                + Arrays.toString(Tensors.shape(tensor)) + " of " + tensor.scalar_type() + ".");
                    }
                    tensor.detach().copy_(read);
                }
            });
        }
    }

    private static String few(Set<String> names) {
        return "(" + String.join(", ", names.stream().sorted().limit(3).toList()) + (names.size() > 3 ? ", ..." : "")
                + ")";
    }
}
