package dev.finetune.checkpoint;

import dev.finetune.checkpoint.ModelGraph.Node;
import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the tensors of an ONNX graph were called in the network that was exported. Most keep their names. Matrices that were
 * transposed in advance lose theirs, and get it back from the place of the operator that multiplies by them, which stands
 * in its name, or from the bias that is added next. Tensors that were equal are there once, and the others' names are
 * aliases.
 */
final class OnnxNames {
    /** Names that exporters and optimizers give to what has none. */
    private static final Pattern NONE = Pattern.compile("onnx::.*|/.*|_v_\\d+|val_\\d+|\\d+|const_.*|.*:0");

    private static final Pattern PLACE = Pattern.compile("/(.+)/(?:MatMul|Gemm|FusedMatMul)(?:_\\d+)?");
    private static final Set<String> PRODUCTS = Set.of("MatMul", "Gemm", "FusedMatMul");
    private static final Set<String> PASSING = Set.of("Identity", "Cast");
    private static final String WEIGHT = ".weight";
    private static final String BIAS = ".bias";

    private final Path file;
    private final boolean isOurs;
    private final ModelGraph graph;
    private final Map<String, OnnxTensor> tensors;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> aliases = new LinkedHashMap<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * A parameter.
     *
     * @param tensor as the file has it
     * @param isTransposed whether its two sizes are in the other order in the network
     */
    record Entry(OnnxTensor tensor, boolean isTransposed) {}

    private OnnxNames(Path file, OnnxReader.Contents contents) {
        this.file = file;
        this.isOurs = contents.isOurs();
        this.graph = contents.graph();
        this.tensors = contents.tensors();
    }

    /** Finds the names of a file's tensors. */
    static OnnxNames of(Path file, OnnxReader.Contents contents) {
        final OnnxNames names = new OnnxNames(file, contents);
        names.find();
        if (!names.isOurs) {
            names.dropWrapper();
        }
        return names;
    }

    /** The parameters by the network's names. */
    Map<String, Entry> entries() {
        return entries;
    }

    /** Other names of parameters, each with the one that it is stored under. */
    Map<String, String> aliases() {
        return aliases;
    }

    /** What a user may want to know. */
    List<String> notes() {
        return notes;
    }

    private void find() {
        final Map<String, Node> products = new HashMap<>();
        final Set<String> looked = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (PRODUCTS.contains(node.operator()) && node.inputs().size() > 1) {
                products.putIfAbsent(source(node.inputs().get(1)), node);
            } else if (node.operator().equals("Gather") && !node.inputs().isEmpty()) {
                looked.add(source(node.inputs().get(0)));
            }
        }
        final Map<String, String> nameOf = new HashMap<>();
        final List<OnnxTensor> multiplied = new ArrayList<>();
        tensors.forEach((name, tensor) -> {
            final boolean isMatrix = tensor.shape().length == 2;
            if (!tensor.isFloat()) {
                return; // A table of positions, a shape.
            }
            if (isMatrix && products.containsKey(name) && !looked.contains(name)) {
                multiplied.add(tensor);
            } else if (!isNameless(name) || isMatrix) {
                entries.put(name, new Entry(tensor, false));
                nameOf.put(name, name);
            }
        });
        multiplied.forEach(tensor -> {
            final Node product = Objects.requireNonNull(products.get(tensor.name()));
            if (!isOurs) { // In ours the scale of attention stands there, and the matrix is the layer's.
                refuseScaled(tensor.name(), product);
            }
            final String name = isNameless(tensor.name()) ? named(tensor.name(), product) : tensor.name();
            final boolean asStored = product.number("transB").orElse(0.0) == 1;
            entries.put(name, new Entry(tensor, !asStored));
            nameOf.put(tensor.name(), name);
        });
        for (Node node : graph.nodes()) {
            if (node.operator().equals("Identity")
                    && node.outputs().size() == 1
                    && node.inputs().size() == 1
                    && !isNameless(node.outputs().get(0))) {
                final String kept = nameOf.get(source(node.inputs().get(0)));
                if (kept != null && !entries.containsKey(node.outputs().get(0))) {
                    aliases.put(node.outputs().get(0), kept);
                }
            }
        }
    }

    /** A product in which the matrix, or the bias, counts for something else than itself. */
    private void refuseScaled(String name, Node product) {
        final boolean adds =
                product.operator().equals("Gemm") && product.inputs().size() > 2;
        if (product.number("alpha").orElse(1.0) != 1
                || adds && product.number("beta").orElse(1.0) != 1
                || product.number("transA").orElse(0.0) != 0) {
            throw new FinetuneException(
                    file + ": the graph multiplies \"" + name + "\" by a " + product.operator() + " ("
                            + product.name()
                            + ") with an alpha or beta other than 1, or a transA other than 0, so that its numbers"
                            + " aren't those of a layer: take the model as it was before it was optimized.");
        }
    }

    /** The tensor that a value is, be it converted or called otherwise in between. */
    private String source(String value) {
        String name = value;
        for (int steps = 0; steps < 8 && !tensors.containsKey(name); steps++) {
            final Optional<Node> producer = graph.producer(name)
                    .filter(node ->
                            PASSING.contains(node.operator()) && !node.inputs().isEmpty());
            if (producer.isEmpty()) {
                return value;
            }
            name = producer.get().inputs().get(0);
        }
        return name;
    }

    private static boolean isNameless(String name) {
        return !name.contains(".") || NONE.matcher(name).matches();
    }

    /** A matrix's name; its own where nothing tells, so that it is reported as left over. */
    private String named(String own, Node product) {
        final Matcher place = PLACE.matcher(product.name());
        final Optional<String> byPlace =
                place.matches() ? Optional.of(place.group(1).replace('/', '.')) : Optional.empty();
        final Optional<String> byBias = bias(product)
                .filter(name -> name.endsWith(BIAS))
                .map(name -> name.substring(0, name.length() - BIAS.length()));
        final List<String> stems = new ArrayList<>();
        byPlace.filter(stem -> isKnown(stem + BIAS)).ifPresent(stems::add);
        byBias.ifPresent(stems::add);
        byPlace.ifPresent(stems::add);
        return stems.stream()
                .map(stem -> stem + WEIGHT)
                .filter(name -> !entries.containsKey(name))
                .findFirst()
                .orElse(own);
    }

    private boolean isKnown(String name) {
        return tensors.containsKey(name) || graph.producer(name).isPresent();
    }

    /** The named vector that is added to a product next, or within it. */
    private Optional<String> bias(Node product) {
        if (product.operator().equals("Gemm")) {
            return product.inputs().stream().skip(2).findFirst();
        }
        String value = product.outputs().get(0);
        for (int steps = 0; steps < 4; steps++) {
            final List<Node> users = graph.users(value);
            if (users.size() != 1) {
                return Optional.empty();
            }
            final Node next = users.get(0);
            if (!next.operator().equals("Cast")) {
                return next.inputs().stream()
                        .filter(input -> !isNameless(input) && isVector(input))
                        .filter(input -> input.endsWith(BIAS))
                        .reduce((first, last) -> last);
            }
            value = next.outputs().get(0);
        }
        return Optional.empty();
    }

    private boolean isVector(String value) {
        final OnnxTensor tensor = tensors.get(source(value));
        return tensor != null && tensor.shape().length == 1;
    }

    /** Drops what stands before every name, of a network that was a part of another when it was exported. */
    private void dropWrapper() {
        final StringBuilder dropped = new StringBuilder();
        for (String part = shared(""); !part.isEmpty(); part = shared(dropped.toString())) {
            dropped.append(part);
        }
        final String wrapper = dropped.toString();
        if (wrapper.isEmpty()) {
            return;
        }
        notes.add("The prefix '" + wrapper + "' of all names was dropped.");
        final Map<String, Entry> old = new LinkedHashMap<>(entries);
        entries.clear();
        old.forEach((name, entry) -> entries.put(without(wrapper, name), entry));
        final Map<String, String> oldAliases = new LinkedHashMap<>(aliases);
        aliases.clear();
        oldAliases.forEach((alias, name) -> aliases.put(without(wrapper, alias), without(wrapper, name)));
    }

    private static String without(String wrapper, String name) {
        return name.startsWith(wrapper) ? name.substring(wrapper.length()) : name;
    }

    /** The next part that all names have after what was dropped already; empty where there is none. */
    private String shared(String before) {
        String part = "";
        int found = 0;
        for (String name : entries.keySet()) {
            if (isNameless(name)) {
                continue;
            }
            final int dot = name.startsWith(before) ? name.indexOf('.', before.length()) : -1;
            final boolean isLast = name.indexOf('.', dot + 1) < 0;
            final String own = dot < 0 || isLast ? "" : name.substring(before.length(), dot + 1);
            if (own.isEmpty() || found > 0 && !own.equals(part)) {
                return "";
            }
            part = own;
            found++;
        }
        return found > 1 ? part : "";
    }
}
