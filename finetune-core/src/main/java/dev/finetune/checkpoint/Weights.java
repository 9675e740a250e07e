package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * The weights of a checkpoint: named tensors that are read from their file one at a time, only when asked for.
 *
 * <p>Opening reads names, types and shapes and checks that the file holds what they say. The files stay open, and must
 * stay unchanged, until {@link #close()}; tensors already read are copies and don't depend on the files. Several
 * threads may read at once.
 *
 * <p>Every file that is damaged, or that isn't what it seems, is refused with a {@link FinetuneException} that names it.
 */
public sealed interface Weights extends AutoCloseable permits SafetensorsFile, PickledFile, OnnxFile, ShardedWeights {
    /** {@return the names of all tensors, in the order of the file} */
    Set<String> names();

    /**
     * Says what is stored under that name, without reading its data.
     *
     * @param name as the file calls it
     * @return its type and shape, and the file that it is in
     * @throws FinetuneException when there is no such tensor, or its element type is not supported
     */
    StoredTensor describe(String name);

    /**
     * Reads a tensor in its stored type.
     *
     * @param name as the file calls it
     * @return a contiguous tensor in the processor's memory, owned by the caller: to be closed by the caller, or by the
     *     {@code PointerScope} in which this is called
     * @throws FinetuneException when there is no such tensor, its element type is not supported, or reading fails
     */
    Tensor read(String name);

    /**
     * Reads a tensor and converts it, as {@code tensor.to(dtype)} does.
     *
     * @param name as the file calls it
     * @param wanted the type to convert to
     * @return a contiguous tensor of the wanted type, owned by the caller as in {@link #read(String)}
     * @throws FinetuneException as {@link #read(String)}
     */
    default Tensor read(String name, DType wanted) {
        Tensor stored = read(name);
        if (describe(name).dtype() == wanted) {
            return stored;
        }
        try {
            return stored.to(wanted.scalarType());
        } finally {
            stored.close();
        }
    }

    /** {@return the files that hold the tensors: one, or one per shard} */
    List<Path> files();

    /** {@return other names of tensors, each with the one under which it is stored; often empty} */
    default Map<String, String> aliases() {
        return Map.of();
    }

    /**
     * {@return what a user may want to know of how the file was understood, such as a prefix that was dropped; often
     * empty}
     */
    default List<String> notes() {
        return List.of();
    }

    /** {@return the computation that the file comes with, as an ONNX model does; mostly empty} */
    default Optional<ModelGraph> graph() {
        return Optional.empty();
    }

    /** Closes the files. */
    @Override
    void close();

    /**
     * {@return whether a path is a file, or a directory where {@link #open} would find weights, be it one file too
     * many}
     *
     * @param directoryOrFile it need not be there
     */
    static boolean areIn(Path directoryOrFile) {
        return CheckpointFiles.areIn(directoryOrFile);
    }

    /**
     * Opens the weights of a model.
     *
     * <p>In a directory the first of {@code model.safetensors}, {@code model.safetensors.index.json}, {@code
     * pytorch_model.bin} and {@code pytorch_model.bin.index.json} is taken, as Transformers does; without any, the only
     * {@code *.safetensors}, or else the only {@code *.pth}, {@code *.pt}, {@code *.pth.tar} or {@code *.bin}, or else
     * {@code model.onnx}, {@code onnx/model.onnx} or the only {@code *.onnx}.
     *
     * @param directoryOrFile a model's directory, a file of weights, or a shards' index
     * @return the open weights, to be closed by the caller
     * @throws FinetuneException when there are no weights or it isn't clear which, or the file is damaged or refused
     */
    static Weights open(Path directoryOrFile) {
        return CheckpointFiles.open(directoryOrFile);
    }
}
