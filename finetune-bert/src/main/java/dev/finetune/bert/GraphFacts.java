package dev.finetune.bert;

import dev.finetune.checkpoint.ModelGraph;
import dev.finetune.checkpoint.ModelGraph.Node;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What an exported graph tells of an encoder beside the shapes of its weights. Whatever isn't the same in all places, or
 * can't be found, is empty.
 *
 * @param graph of an ONNX model
 */
record GraphFacts(ModelGraph graph) {
    private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm", "FusedMatMul");
    private static final Set<String> NORMS =
            Set.of("LayerNormalization", "SkipLayerNormalization", "EmbedLayerNormalization");

    private static final Set<String> RESHAPING = Set.of("Unsqueeze", "Cast", "Identity", "Reshape");
    private static final int MOST_STEPS = 8;

    /** What functions are made of that aren't known: clipped ones, mish, laplace. */
    private static final Set<String> OTHERWISE =
            Set.of("Clip", "Min", "Max", "Softplus", "Sub", "LeakyRelu", "HardSwish", "HardSigmoid", "Mish");

    /** What stands for an absent epsilon: ONNX's default, and that of ONNX Runtime's own operators. */
    private static final double USUAL_EPSILON = 1e-5;

    private static final double USUAL_OWN_EPSILON = 1e-12;

    /** The scale by which quick_gelu is known. */
    private static final double QUICK = 1.702;

    private static final double CLOSE = 1e-3;
    private static final int SPLIT_DIMENSIONS = 4;

    /** Whether an operator of that type is there. */
    boolean has(String operator) {
        return graph.nodes().stream().anyMatch(node -> node.operator().equals(operator));
    }

    /** How many heads: vectors of the hidden width are split into so many. */
    Optional<Integer> heads(long hidden) {
        final Set<Integer> found = new HashSet<>();
        for (Node node : graph.nodes()) {
            node.number("num_heads").ifPresent(heads -> found.add(heads.intValue()));
            if (node.operator().equals("Reshape") && node.inputs().size() == 2) {
                split(node.inputs().get(1), hidden).ifPresent(found::add);
            }
        }
        return only(found);
    }

    /** The third of four sizes that end with heads and their width. */
    private Optional<Integer> split(String shape, long hidden) {
        final List<Optional<Double>> sizes = sizes(shape);
        if (sizes.size() != SPLIT_DIMENSIONS) {
            return Optional.empty();
        }
        final double width = sizes.get(3).orElse(0.0);
        final double heads = sizes.get(2).orElse(0.0);
        if (width > 0 && hidden % width == 0 && (heads == -1 || heads * width == hidden)) {
            return Optional.of((int) (hidden / width));
        }
        return width == -1 && heads > 0 && hidden % heads == 0 ? Optional.of((int) heads) : Optional.empty();
    }

    private List<Optional<Double>> sizes(String shape) {
        final Optional<List<Double>> whole = constant(shape);
        if (whole.isPresent()) {
            return whole.get().stream().map(Optional::of).toList();
        }
        return graph.producer(shape)
                .filter(node -> node.operator().equals("Concat"))
                .map(node -> node.inputs().stream()
                        .flatMap(part -> constant(part)
                                .map(numbers -> numbers.stream().map(Optional::of))
                                .orElseGet(() -> Stream.of(Optional.empty())))
                        .toList())
                .orElse(List.of());
    }

    /** A constant, be it given another shape or type first. */
    private Optional<List<Double>> constant(String value) {
        String name = value;
        for (int steps = 0; steps < MOST_STEPS; steps++) {
            final Optional<List<Double>> found = graph.constant(name);
            final Optional<Node> before = graph.producer(name)
                    .filter(node -> RESHAPING.contains(node.operator())
                            && !node.inputs().isEmpty());
            if (found.isPresent() || before.isEmpty()) {
                return found;
            }
            name = before.get().inputs().get(0);
        }
        return Optional.empty();
    }

    /** The epsilon of the layer norms. */
    Optional<Double> epsilon() {
        final Set<Double> found = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (NORMS.contains(node.operator())) {
                found.add(node.number("epsilon")
                        .orElse(node.operator().equals("LayerNormalization") ? USUAL_EPSILON : USUAL_OWN_EPSILON));
            } else if (node.operator().equals("Sqrt")) {
                node.inputs().stream()
                        .flatMap(input -> graph.producer(input).flatMap(this::addedToVariance).stream())
                        .forEach(found::add);
            }
        }
        return only(found).filter(epsilon -> epsilon > 0);
    }

    private Optional<Double> addedToVariance(Node sum) {
        final boolean hasMean = sum.inputs().stream()
                .anyMatch(input -> graph.producer(input)
                        .filter(node -> node.operator().equals("ReduceMean"))
                        .isPresent());
        return hasMean && sum.operator().equals("Add")
                ? sum.inputs().stream().flatMap(this::number).findFirst()
                : Optional.empty();
    }

    private Stream<Double> number(String value) {
        return constant(value).filter(numbers -> numbers.size() == 1).stream().map(numbers -> numbers.get(0));
    }

    /** The activation after the layers whose biases end so, by its name in config.json. */
    Optional<String> activationAfter(String bias) {
        final Set<String> found = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().anyMatch(input -> input.endsWith(bias))
                    && !node.operator().equals("Identity")) {
                found.add(activation(node));
            }
        }
        return only(found).filter(name -> !name.isEmpty());
    }

    private String activation(Node start) {
        final Set<String> operators = new TreeSet<>();
        boolean isQuick = false;
        boolean isTanh = false;
        final Set<Node> seen = new HashSet<>(Set.of(start));
        final Deque<Node> open = new ArrayDeque<>(seen);
        while (!open.isEmpty()) {
            final Node node = open.poll();
            operators.add(node.operator());
            isTanh |= "tanh".equals(node.texts().get("approximate"));
            isQuick |= node.inputs().stream().flatMap(this::number).anyMatch(n -> Math.abs(n - QUICK) < CLOSE);
            node.outputs().stream()
                    .flatMap(value -> graph.users(value).stream())
                    .filter(next -> !PRODUCTS.contains(next.operator()))
                    .filter(seen::add)
                    .forEach(open::add);
        }
        return named(operators, isQuick, isTanh);
    }

    /** Nothing where something else is computed than the functions that are known. */
    private static String named(Set<String> operators, boolean isQuick, boolean isTanh) {
        if (operators.stream().anyMatch(OTHERWISE::contains)) {
            return "";
        }
        if (operators.contains("Erf") || operators.contains("BiasGelu") || operators.contains("Gelu") && !isTanh) {
            return "gelu";
        }
        final boolean multiplies = operators.contains("Mul");
        if (operators.contains("Tanh") && multiplies || operators.contains("FastGelu") || operators.contains("Gelu")) {
            return "gelu_new";
        }
        if (operators.contains("Tanh")) {
            return "tanh";
        }
        if (operators.contains("QuickGelu") || operators.contains("Sigmoid") && isQuick) {
            return "quick_gelu";
        }
        if (operators.contains("Relu")) {
            return multiplies || operators.contains("Pow") ? "relu2" : "relu";
        }
        return operators.contains("Sigmoid") ? multiplies ? "silu" : "sigmoid" : "";
    }

    /** The id of padding, with which the ids of the input are compared. */
    Optional<Integer> padding() {
        final Set<Integer> found = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (node.operator().equals("Equal") && node.inputs().stream().anyMatch(this::isInput)) {
                node.inputs().stream().flatMap(this::number).forEach(id -> found.add(id.intValue()));
            }
        }
        return only(found);
    }

    private boolean isInput(String value) {
        return graph.inputs().contains(value)
                || graph.producer(value)
                        .filter(node -> node.operator().equals("Cast"))
                        .filter(node -> node.inputs().stream().anyMatch(graph.inputs()::contains))
                        .isPresent();
    }

    private static <T> Optional<T> only(Set<T> found) {
        return found.size() == 1 ? found.stream().findFirst() : Optional.empty();
    }
}
