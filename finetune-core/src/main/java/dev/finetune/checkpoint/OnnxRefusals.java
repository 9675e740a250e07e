package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Tells ONNX graphs whose weights can't be read back: those that were quantised, or merged with others. */
final class OnnxRefusals {
    /** Operators on whole numbers that stand for weights, ONNX's own and ONNX Runtime's. */
    private static final Set<String> QUANTISED = Set.of(
            "DynamicQuantizeLinear",
            "QuantizeLinear",
            "DequantizeLinear",
            "MatMulInteger",
            "ConvInteger",
            "QLinearMatMul",
            "QLinearConv",
            "QLinearAdd",
            "QGemm",
            "QAttention",
            "QEmbedLayerNormalization",
            "DynamicQuantizeMatMul",
            "MatMulIntegerToFloat",
            "MatMulNBits",
            "MatMulBnb4",
            "GatherBlockQuantized");

    /** Operators of ONNX Runtime whose weights are several layers' in one. */
    private static final Set<String> MERGED = Set.of(
            "Attention",
            "MultiHeadAttention",
            "PackedAttention",
            "PackedMultiHeadAttention",
            "GroupQueryAttention",
            "DecoderMaskedMultiHeadAttention");

    private OnnxRefusals() {}

    /**
     * Refuses such a graph.
     *
     * @throws FinetuneException naming the operators, and what to take instead
     */
    static void check(Path file, ModelGraph graph, Map<String, OnnxTensor> tensors) {
        final String quantised = found(graph, QUANTISED);
        if (!quantised.isEmpty()) {
            throw new FinetuneException(
                    file + ": this model is quantised (" + quantised + "): its weights are whole numbers"
                            + " of few bits, which nothing can be learned with. Take the file that it was made from, in"
                            + " float32 or"
                            + " float16; beside model_quantized.onnx or model_int8.onnx it is often called model.onnx.");
        }
        final String merged = found(graph, MERGED);
        final boolean keepsMatrices = graph.nodes().stream()
                .filter(node -> MERGED.contains(node.operator()))
                .noneMatch(node -> node.inputs().stream().skip(1).anyMatch(tensors::containsKey));
        if (!merged.isEmpty() && !keepsMatrices) {
            throw new FinetuneException(
                    file + ": this model was optimized for ONNX Runtime (" + merged + "): the matrices of"
                            + " queries, keys and values are merged into one, so that they can't be told apart by their"
                            + " names. Take the"
                            + " file as it was exported; beside model_O2.onnx or model_optimized.onnx it is often called"
                            + " model.onnx.");
        }
    }

    private static String found(ModelGraph graph, Set<String> operators) {
        return graph.nodes().stream()
                .map(ModelGraph.Node::operator)
                .filter(operators::contains)
                .collect(Collectors.toCollection(TreeSet::new))
                .stream()
                .collect(Collectors.joining(", "));
    }
}
