package dev.finetune.nn;

import dev.finetune.batch.HostTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * What a network computes, as operators of ONNX's standard set {@value #OPERATOR_SET}, for runtimes that have no stages
 * and heads: each of these draws its part ({@link Stage#draw}, {@link HeadModule#draw}) as it would compute it for an
 * evaluation. Sizes of a batch stay open. Tokens, pictures and the like lie in rows: where a layer doesn't look at
 * their order, (batch * length, width).
 *
 * <p>Holds no numbers of the network: parameters are named, and read by who writes the graph down.
 */
public final class OperatorGraph {
    /** The version of the operators. */
    public static final int OPERATOR_SET = 17;

    /** What says, in a file, that names in it are those of the network. */
    public static final String PRODUCER = "dev.finetune";

    /** What stands for the first stage's input, which it doesn't look at. */
    static final Value NOTHING = new Value("");

    private final Set<String> columns;
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Constant> constants = new LinkedHashMap<>();
    private final Map<String, Port> inputs = new LinkedHashMap<>();
    private final Map<String, Port> outputs = new LinkedHashMap<>();
    private final Map<String, Value> derived = new HashMap<>();
    private String part = "";

    /**
     * A graph without operators.
     *
     * @param columns what batches hold, such as "input_ids"
     */
    OperatorGraph(Set<String> columns) {
        this.columns = Set.copyOf(columns);
    }

    /**
     * What an operator reads or gives.
     *
     * @param name unique in the graph; empty for an input that is left out
     */
    public record Value(String name) {}

    /**
     * An operator in its place.
     *
     * @param name unique: the stage, the operator's type, a number
     * @param operator its type, such as "Gemm"
     * @param inputs names of what it reads, "" for one that is left out
     * @param outputs names of what it gives
     * @param attributes its settings: of the types Long, Float and {@code List<Long>}
     */
    public record Node(
            String name, String operator, List<String> inputs, List<String> outputs, Map<String, Object> attributes) {
        /** Copies what it is given. */
        public Node {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
        }
    }

    /** Numbers that the graph computes with and nobody gives to it. */
    public sealed interface Constant {
        /** {@return the sizes} */
        long[] shape();

        /** {@return of what type the numbers are} */
        default Elements elements() {
            return Elements.FLOAT;
        }

        /**
         * Of a layer, with what adapts it.
         *
         * @param parameter borrowed
         */
        record Learned(Parameter parameter) implements Constant {
            @Override
            public long[] shape() {
                return parameter.shape();
            }
        }

        /**
         * Of a layer's state.
         *
         * @param buffer borrowed
         */
        record Kept(Buffer buffer) implements Constant {
            @Override
            public long[] shape() {
                return TensorValues.shape(buffer.value());
            }
        }

        /**
         * Of the computation itself: sizes, factors, tables.
         *
         * @param numbers with their shape
         */
        record Given(HostTensor numbers) implements Constant {
            @Override
            public long[] shape() {
                return numbers.shape().clone();
            }

            @Override
            public Elements elements() {
                return numbers instanceof HostTensor.Longs ? Elements.LONG : Elements.FLOAT;
            }
        }
    }

    /** Types of numbers. */
    public enum Elements {
        /** 32-bit floats. */
        FLOAT(1),
        /** 64-bit integers. */
        LONG(7);

        private final int number;

        Elements(int number) {
            this.number = number;
        }

        /** {@return ONNX's number of the type} */
        public int number() {
            return number;
        }
    }

    /**
     * A size of what is given to the graph or read from it.
     *
     * @param name of one that is open: equal names are equal sizes; empty for a fixed one
     * @param count of a fixed one
     */
    public record Size(String name, long count) {
        /**
         * {@return a size that every call may choose}
         *
         * @param name such as "batch"
         */
        public static Size open(String name) {
            return new Size(name, 0);
        }

        /**
         * {@return a size that is always the same}
         *
         * @param count such as the number of classes
         */
        public static Size fixed(long count) {
            return new Size("", count);
        }
    }

    /**
     * What is given to the graph or read from it.
     *
     * @param name such as "input_ids"
     * @param elements of what type
     * @param sizes of its shape
     */
    public record Port(String name, Elements elements, List<Size> sizes) {
        /** Copies the sizes. */
        public Port {
            sizes = List.copyOf(sizes);
        }
    }

    /** {@return the operators, each after those that it reads from} */
    public List<Node> nodes() {
        return Collections.unmodifiableList(nodes);
    }

    /** {@return the constants by the names that operators use: parameters and buffers by their own} */
    public Map<String, Constant> constants() {
        return Collections.unmodifiableMap(constants);
    }

    /** {@return what is to be given to it, in the order in which it is read} */
    public List<Port> inputs() {
        return List.copyOf(inputs.values());
    }

    /** {@return what it gives} */
    public List<Port> outputs() {
        return List.copyOf(outputs.values());
    }

    /** Says which stage, or the head, the next operators belong to. */
    void enter(String name) {
        part = name;
    }

    /**
     * {@return whether batches hold a column}
     *
     * @param column such as "token_type_ids"
     */
    public boolean has(String column) {
        return columns.contains(column);
    }

    /**
     * {@return a column of the batch, which is to be given to the graph}
     *
     * @param column such as "input_ids"
     * @param elements of what type
     * @param sizes of its shape; "batch" first
     */
    public Value input(String column, Elements elements, Size... sizes) {
        inputs.putIfAbsent(column, new Port(column, elements, List.of(sizes)));
        return new Value(column);
    }

    /**
     * Says that something is what the graph gives.
     *
     * @param name such as "logits"
     * @param value an operator's, which takes this name
     * @param sizes of its shape
     */
    public void output(String name, Value value, Size... sizes) {
        outputs.put(name, new Port(name, Elements.FLOAT, List.of(sizes)));
        nodes.replaceAll(node -> new Node(
                node.name(),
                node.operator(),
                renamed(node.inputs(), value.name(), name),
                renamed(node.outputs(), value.name(), name),
                node.attributes()));
    }

    private static List<String> renamed(List<String> names, String from, String to) {
        return names.stream().map(name -> name.equals(from) ? to : name).toList();
    }

    /**
     * {@return a parameter, with what adapts it}
     *
     * @param parameter of the network
     */
    public Value of(Parameter parameter) {
        constants.put(parameter.name(), new Constant.Learned(parameter));
        return new Value(parameter.name());
    }

    /**
     * {@return a buffer}
     *
     * @param buffer of the network
     */
    public Value of(Buffer buffer) {
        constants.put(buffer.name(), new Constant.Kept(buffer));
        return new Value(buffer.name());
    }

    /**
     * {@return a number, which may be added to, or multiplied with, anything}
     *
     * @param number rounded to 32 bits
     */
    public Value number(double number) {
        return derived("number " + (float) number, () -> given(new HostTensor.Floats(new float[] {(float) number})));
    }

    /**
     * {@return a whole number}
     *
     * @param number of 64 bits
     */
    public Value whole(long number) {
        return derived("whole " + number, () -> given(new HostTensor.Longs(new long[] {number})));
    }

    /**
     * {@return whole numbers in a row, such as a shape}
     *
     * @param numbers of 64 bits each
     */
    public Value wholes(long... numbers) {
        return derived(
                "wholes " + Arrays.toString(numbers),
                () -> given(new HostTensor.Longs(numbers.clone(), numbers.length)));
    }

    /**
     * {@return numbers of the computation}
     *
     * @param numbers with their shape
     */
    public Value given(HostTensor numbers) {
        final String name = "const_" + constants.size();
        constants.put(name, new Constant.Given(numbers));
        return new Value(name);
    }

    /**
     * {@return something that several layers read, such as a mask, drawn once}
     *
     * @param name what it is kept under
     * @param draw called for the first that asks
     */
    public Value derived(String name, Supplier<Value> draw) {
        final Value known = derived.get(name);
        if (known != null) {
            return known;
        }
        final Value drawn = draw.get();
        derived.put(name, drawn);
        return drawn;
    }

    /**
     * Begins an operator.
     *
     * @param type such as "Gemm"
     * @param read in the operator's order
     * @return it, without attributes
     */
    public Operator operator(String type, Value... read) {
        return new Operator(type, List.of(read));
    }

    /**
     * {@return what an operator without attributes gives}
     *
     * @param type such as "Add"
     * @param read in the operator's order
     */
    public Value apply(String type, Value... read) {
        return operator(type, read).value();
    }

    /** {@return the number of rows of the batch, as one whole number in a row} */
    public Value rows() {
        return size(new Value(inputs.keySet().iterator().next()), 0);
    }

    /**
     * {@return a size, as one whole number in a row}
     *
     * @param value whose
     * @param axis from 0
     */
    public Value size(Value value, int axis) {
        return derived(
                "size " + axis + " of " + value.name(),
                () -> operator("Shape", value)
                        .set("start", axis)
                        .set("end", axis + 1)
                        .value());
    }

    /**
     * {@return the same numbers in another type}
     *
     * @param value of any shape and type
     * @param elements of the result
     */
    public Value cast(Value value, Elements elements) {
        return operator("Cast", value).set("to", elements.number()).value();
    }

    /**
     * {@return the same numbers in another shape}
     *
     * @param value of any shape
     * @param shape with at most one -1, the size that follows from the others
     */
    public Value reshape(Value value, long... shape) {
        return apply("Reshape", value, wholes(shape));
    }

    /**
     * {@return the same numbers in a shape that begins with the number of rows of the batch}
     *
     * @param value of any shape
     * @param rest of the shape, with at most one -1
     */
    public Value perRow(Value value, long... rest) {
        final Value shape = derived(
                "rows and " + Arrays.toString(rest),
                () -> operator("Concat", rows(), wholes(rest)).set("axis", 0).value());
        return apply("Reshape", value, shape);
    }

    /**
     * {@return the same numbers with the axes in another order}
     *
     * @param value of as many axes
     * @param order of the axes
     */
    public Value transpose(Value value, long... order) {
        return operator("Transpose", value).set("perm", order).value();
    }

    /**
     * {@return a part of an axis}
     *
     * @param value of any shape
     * @param axis from 0
     * @param from the first, one whole number in a row
     * @param to after the last, likewise
     */
    public Value slice(Value value, long axis, Value from, Value to) {
        return apply("Slice", value, from, to, wholes(axis));
    }

    /**
     * {@return the first along the second axis of (batch, length, width), or of rows (batch * length, width): (batch, width)}
     *
     * @param hidden of that width
     * @param width of a row
     */
    public Value first(Value hidden, long width) {
        return operator("Gather", perRow(hidden, -1, width), whole(0))
                .set("axis", 1)
                .value();
    }

    /** An operator whose attributes are still to be set. */
    public final class Operator {
        private final String type;
        private final List<Value> read;
        private final Map<String, Object> attributes = new LinkedHashMap<>();

        private Operator(String type, List<Value> read) {
            this.type = type;
            this.read = read;
        }

        /**
         * Sets an attribute.
         *
         * @param name such as "axis"
         * @param value a whole number
         * @return this
         */
        public Operator set(String name, long value) {
            attributes.put(name, value);
            return this;
        }

        /**
         * Sets an attribute.
         *
         * @param name such as "epsilon"
         * @param value rounded to 32 bits
         * @return this
         */
        public Operator set(String name, double value) {
            attributes.put(name, (float) value);
            return this;
        }

        /**
         * Sets an attribute.
         *
         * @param name such as "perm"
         * @param values whole numbers
         * @return this
         */
        public Operator set(String name, long[] values) {
            attributes.put(name, LongStream.of(values).boxed().toList());
            return this;
        }

        /** {@return what it gives, the operator being complete} */
        public Value value() {
            return values(1).get(0);
        }

        /**
         * {@return what it gives, the operator being complete}
         *
         * @param count how many values it gives
         */
        public List<Value> values(int count) {
            final String name = type + "_" + nodes.size();
            final List<Value> given = LongStream.range(0, count)
                    .mapToObj(i -> new Value(count == 1 ? name : name + "_" + i))
                    .toList();
            nodes.add(new Node(
                    part + "/" + name,
                    type,
                    read.stream().map(Value::name).toList(),
                    given.stream().map(Value::name).toList(),
                    attributes));
            return given;
        }
    }
}
