package dev.finetune.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The computation that a file of weights comes with, as ONNX files have one: operators, each with the names of the values
 * that it reads and gives. It is only looked at, to tell what the shapes of the weights don't; nothing is run.
 */
public final class ModelGraph {
    private final List<Node> nodes;
    private final List<String> inputs;
    private final Map<String, Integer> outputs;
    private final Map<String, List<Double>> constants;
    private final Map<String, Node> producers = new LinkedHashMap<>();
    private final Map<String, List<Node>> users = new LinkedHashMap<>();

    /**
     * A graph.
     *
     * @param nodes in the order of the file
     * @param inputs the names of what is given to the model
     * @param outputs the names of what the model gives, each with how many dimensions it has, or -1 where that isn't said
     * @param constants small constants by name
     */
    ModelGraph(
            List<Node> nodes, List<String> inputs, Map<String, Integer> outputs, Map<String, List<Double>> constants) {
        this.nodes = List.copyOf(nodes);
        this.inputs = List.copyOf(inputs);
        this.outputs = Map.copyOf(outputs);
        this.constants = Map.copyOf(constants);
        for (Node node : this.nodes) {
            node.outputs().forEach(value -> producers.putIfAbsent(value, node));
            node.inputs().stream()
                    .distinct()
                    .forEach(value -> users.computeIfAbsent(value, v -> new ArrayList<>(1))
                            .add(node));
        }
    }

    /**
     * An operator.
     *
     * @param operator its type, such as "MatMul"
     * @param name often its place in the network, such as "/encoder/layer.0/output/dense/MatMul"; may be empty
     * @param inputs the values that it reads, "" for one that is left out
     * @param outputs the values that it gives
     * @param numbers its attributes that are numbers, or lists of at most 16
     * @param texts its attributes that are texts
     */
    public record Node(
            String operator,
            String name,
            List<String> inputs,
            List<String> outputs,
            Map<String, List<Double>> numbers,
            Map<String, String> texts) {
        /** Copies the lists. */
        public Node {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            numbers = Map.copyOf(numbers);
            texts = Map.copyOf(texts);
        }

        /**
         * {@return an attribute that is a number; empty where it isn't there}
         *
         * @param attribute its name
         */
        public Optional<Double> number(String attribute) {
            return numbers.getOrDefault(attribute, List.of()).stream().findFirst();
        }
    }

    /** {@return the operators, in the order of the file} */
    public List<Node> nodes() {
        return nodes;
    }

    /** {@return the names of what is given to the model} */
    public List<String> inputs() {
        return inputs;
    }

    /** {@return the names of what the model gives, each with how many dimensions it has, or -1 where that isn't said} */
    public Map<String, Integer> outputs() {
        return outputs;
    }

    /**
     * {@return the elements of a constant of at most 16; empty where the value is none}
     *
     * @param value its name
     */
    public Optional<List<Double>> constant(String value) {
        return Optional.ofNullable(constants.get(value));
    }

    /**
     * {@return the operator that gives a value; empty for what is given to the model, and for weights}
     *
     * @param value its name
     */
    public Optional<Node> producer(String value) {
        return Optional.ofNullable(producers.get(value));
    }

    /**
     * {@return the operators that read a value}
     *
     * @param value its name
     */
    public List<Node> users(String value) {
        return List.copyOf(users.getOrDefault(value, List.of()));
    }
}
