package dev.finetune.onnx;

import dev.finetune.checkpoint.GraphConstants;
import dev.finetune.nn.OperatorGraph;
import dev.finetune.nn.OperatorGraph.Constant;
import dev.finetune.nn.OperatorGraph.Node;
import dev.finetune.nn.OperatorGraph.Port;
import java.util.List;
import java.util.Map;

/** A graph as the message ModelProto of onnx.proto, whose public field numbers stand here. */
final class OnnxModel {
    /** The version of the format that came with operator set 17. */
    private static final int FORMAT = 8;

    private static final int ATTRIBUTE_FLOAT = 1;
    private static final int ATTRIBUTE_NUMBER = 2;
    private static final int ATTRIBUTE_NUMBERS = 7;
    private static final int OUTSIDE = 1;

    private final WireMessage graph = new WireMessage();
    private final OperatorGraph drawn;
    private final Map<String, String> metadata;

    /** A model whose constants are still to be told. */
    OnnxModel(OperatorGraph drawn, Map<String, String> metadata) {
        this.drawn = drawn;
        this.metadata = metadata;
        drawn.nodes().forEach(node -> graph.message(1, node(node)));
        graph.text(2, "finetune");
    }

    /** A constant whose numbers are in the message. */
    void tensor(String name, Constant constant, long bytes) {
        graph.message(5, header(name, constant).bytes(9, bytes, channel -> GraphConstants.write(constant, channel)));
    }

    /** A constant whose numbers are in a file beside it. */
    void tensorIn(String file, String name, Constant constant, long offset, long bytes) {
        final WireMessage tensor = header(name, constant);
        tensor.message(13, entry("location", file));
        tensor.message(13, entry("offset", Long.toString(offset)));
        tensor.message(13, entry("length", Long.toString(bytes)));
        graph.message(5, tensor.number(14, OUTSIDE));
    }

    /** The whole, complete. */
    WireMessage message() {
        drawn.inputs().forEach(port -> graph.message(11, port(port)));
        drawn.outputs().forEach(port -> graph.message(12, port(port)));
        final WireMessage model = new WireMessage();
        model.number(1, FORMAT).text(2, OperatorGraph.PRODUCER).message(7, graph);
        model.message(8, new WireMessage().text(1, "").number(2, OperatorGraph.OPERATOR_SET));
        metadata.forEach((key, value) -> model.message(14, entry(key, value)));
        return model;
    }

    private static WireMessage header(String name, Constant constant) {
        final WireMessage tensor = new WireMessage();
        for (long size : constant.shape()) {
            tensor.number(1, size);
        }
        return tensor.number(2, constant.elements().number()).text(8, name);
    }

    private static WireMessage entry(String key, String value) {
        return new WireMessage().text(1, key).text(2, value);
    }

    private static WireMessage node(Node node) {
        final WireMessage message = new WireMessage();
        node.inputs().forEach(name -> message.text(1, name));
        node.outputs().forEach(name -> message.text(2, name));
        message.text(3, node.name()).text(4, node.operator());
        node.attributes().forEach((name, value) -> message.message(5, attribute(name, value)));
        return message;
    }

    private static WireMessage attribute(String name, Object value) {
        final WireMessage attribute = new WireMessage().text(1, name);
        if (value instanceof Float number) {
            return attribute.float32(2, number).number(20, ATTRIBUTE_FLOAT);
        }
        if (value instanceof Long number) {
            return attribute.number(3, number).number(20, ATTRIBUTE_NUMBER);
        }
        ((List<?>) value).forEach(number -> attribute.number(8, (Long) number));
        return attribute.number(20, ATTRIBUTE_NUMBERS);
    }

    private static WireMessage port(Port port) {
        final WireMessage shape = new WireMessage();
        port.sizes().forEach(size -> {
            final WireMessage dimension = new WireMessage();
            shape.message(
                    1, size.name().isEmpty() ? dimension.number(1, size.count()) : dimension.text(2, size.name()));
        });
        final WireMessage tensor =
                new WireMessage().number(1, port.elements().number()).message(2, shape);
        return new WireMessage().text(1, port.name()).message(2, new WireMessage().message(1, tensor));
    }
}
