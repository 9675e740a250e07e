package dev.finetune.checkpoint;

import dev.finetune.checkpoint.ModelGraph.Node;
import dev.finetune.checkpoint.WireReader.Kind;
import dev.finetune.nn.OperatorGraph;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads an ONNX file (ModelProto of onnx.proto, whose public field numbers stand here): the graph's operators, and of its
 * tensors all but the elements. Subgraphs, functions and training information are passed over.
 */
final class OnnxReader {
    private static final int SMALL = OnnxTensorReader.SMALL;

    private final WireReader wire;
    private final List<Node> nodes = new ArrayList<>();
    private final List<String> inputs = new ArrayList<>();
    private final Map<String, Integer> outputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
    private final Map<String, List<Double>> constants = new HashMap<>();
    private boolean hasGraph;
    private boolean isOurs;

    private OnnxReader(WireReader wire) {
        this.wire = wire;
    }

    /**
     * What a file says.
     *
     * @param graph operators and small constants
     * @param tensors initializers and constants, by the names that operators use
     * @param isOurs whether this library wrote it, so that names are the network's
     */
    record Contents(ModelGraph graph, Map<String, OnnxTensor> tensors, boolean isOurs) {}

    static Contents read(Path file, FileChannel channel) throws IOException {
        final OnnxReader reader = new OnnxReader(new WireReader(file, channel));
        reader.wire.readAll(field -> {
            if (field == 2) {
                reader.isOurs = reader.wire.text().equals(OperatorGraph.PRODUCER);
            } else if (field == 7) {
                reader.hasGraph = true;
                reader.wire.message(reader::graph);
            }
        });
        if (!reader.hasGraph) {
            throw reader.wire.damaged("it has no graph");
        }
        return new Contents(
                new ModelGraph(reader.nodes, reader.inputs, reader.outputs, reader.constants),
                Collections.unmodifiableMap(reader.tensors),
                reader.isOurs);
    }

    private void graph(int field) throws IOException {
        switch (field) {
            case 1 -> node();
            case 5 -> keep(OnnxTensorReader.read(wire));
            case 11 -> inputs.add(value().name);
            case 12 -> {
                final Value output = value();
                outputs.put(output.name, output.dimensions);
            }
            case 15 -> throw wire.damaged("it holds sparse tensors, which aren't read");
            default -> {
                // Names, types of values, quantisation annotations.
            }
        }
    }

    private void keep(OnnxTensor tensor) {
        if (tensors.put(tensor.name(), tensor) != null) {
            throw wire.damaged("the tensor '" + tensor.name() + "' is there twice");
        }
        if (!tensor.small().isEmpty()) {
            constants.put(tensor.name(), tensor.small());
        }
    }

    /** An operator as it is read. */
    private static final class Draft {
        final List<String> inputs = new ArrayList<>(2);
        final List<String> outputs = new ArrayList<>(1);
        final Map<String, List<Double>> numbers = new LinkedHashMap<>();
        final Map<String, String> texts = new LinkedHashMap<>(2);
        final List<OnnxTensor> values = new ArrayList<>(0);
        String name = "";
        String operator = "";
    }

    private void node() throws IOException {
        final Draft draft = new Draft();
        wire.message(field -> {
            switch (field) {
                case 1 -> draft.inputs.add(wire.text());
                case 2 -> draft.outputs.add(wire.text());
                case 3 -> draft.name = wire.text();
                case 4 -> draft.operator = wire.text();
                case 5 -> attribute(draft);
                default -> {
                    // Documentation, domain.
                }
            }
        });
        if (draft.outputs.isEmpty()) {
            throw wire.damaged("the operator '" + draft.name + "' gives nothing");
        }
        if (draft.operator.equals("Constant") && draft.outputs.size() == 1) {
            constant(draft);
        }
        nodes.add(new Node(draft.operator, draft.name, draft.inputs, draft.outputs, draft.numbers, draft.texts));
    }

    /** A constant is as good as an initializer. */
    private void constant(Draft draft) {
        final String name = draft.outputs.get(0);
        if (!draft.values.isEmpty()) {
            keep(draft.values.get(0).named(name));
        }
        for (String attribute : List.of("value_int", "value_ints", "value_float", "value_floats")) {
            final List<Double> numbers = draft.numbers.getOrDefault(attribute, List.of());
            if (!numbers.isEmpty() && numbers.size() <= SMALL) {
                constants.put(name, numbers);
            }
        }
    }

    private void attribute(Draft draft) throws IOException {
        final String[] name = {"", ""};
        final List<Double> numbers = new ArrayList<>(1);
        wire.message(field -> {
            switch (field) {
                case 1 -> name[0] = wire.text();
                case 2 -> numbers.add(OnnxElements.decimal(wire.float32()));
                case 3 -> numbers.add((double) wire.number());
                case 4 -> name[1] = wire.text();
                case 5 -> draft.values.add(OnnxTensorReader.read(wire));
                case 7 -> floats(numbers);
                case 8 -> whole(numbers);
                default -> {
                    // Graphs, lists of graphs and of texts.
                }
            }
        });
        if (!numbers.isEmpty() && numbers.size() <= SMALL) {
            draft.numbers.put(name[0], List.copyOf(numbers));
        }
        if (!name[1].isEmpty()) {
            draft.texts.put(name[0], name[1]);
        }
    }

    private void floats(List<Double> numbers) throws IOException {
        if (wire.kind() == Kind.FIXED32) {
            addSmall(numbers, OnnxElements.decimal(wire.float32()));
            return;
        }
        final ByteBuffer bytes = start(Float.BYTES);
        while (bytes.remaining() >= Float.BYTES) {
            addSmall(numbers, OnnxElements.decimal(bytes.getFloat()));
        }
    }

    private void whole(List<Double> numbers) throws IOException {
        if (wire.kind() == Kind.NUMBER) {
            addSmall(numbers, wire.number());
            return;
        }
        final long end = wire.length() + wire.position();
        while (wire.position() < end) {
            addSmall(numbers, wire.packedNumber());
        }
        if (wire.position() > end) {
            throw wire.damaged("a number is longer than the field that it is in");
        }
    }

    /** One too many is kept, to be told from few. */
    private static void addSmall(List<Double> numbers, double value) {
        if (numbers.size() <= SMALL) {
            numbers.add(value);
        }
    }

    /** The first elements of a field, one more than are kept; the others are passed over. */
    private ByteBuffer start(int elementBytes) throws IOException {
        final long length = wire.length();
        final long read = Math.min(length, (long) (SMALL + 1) * elementBytes);
        final ByteBuffer bytes = wire.bytes(read);
        wire.pass(length - read);
        return bytes;
    }

    private record Value(String name, int dimensions) {}

    private Value value() throws IOException {
        final String[] name = {""};
        final int[] dimensions = {-1};
        wire.message(field -> {
            if (field == 1) {
                name[0] = wire.text();
            } else if (field == 2) {
                wire.message(type -> {
                    if (type == 1) {
                        wire.message(tensor -> {
                            if (tensor == 2) {
                                dimensions[0] = 0;
                                wire.message(dimension -> dimensions[0] += dimension == 1 ? 1 : 0);
                            }
                        });
                    }
                });
            }
        });
        return new Value(name[0], dimensions[0]);
    }
}
