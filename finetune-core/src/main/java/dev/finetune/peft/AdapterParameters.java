package dev.finetune.peft;

import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.LoadReport;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Adapter;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A checkpoint's parameters, with what a method adds to those that it is asked for. Additions are new, or come from
 * an adapter's weights, which then also hold what was trained whole; all under the names that PEFT gives them.
 */
public final class AdapterParameters implements ParameterSource {
    /** What PEFT puts before every name. */
    public static final String PREFIX = "base_model.model.";

    private final CheckpointParameters base;
    private final PeftMethod method;
    private final Optional<Weights> adapter;
    private final boolean ofBareBase;

    /** What PEFT puts behind a layer's name. */
    private final Pattern addition;

    private final CheckpointParameters additions;
    private final Set<String> adapted = new HashSet<>();
    private final Map<String, Adapter> ofBiases = new HashMap<>();

    /**
     * Parameters of a base with additions.
     *
     * @param base where the base's parameters come from
     * @param method which weights are adapted, and how
     * @param adapter an adapter's weights (borrowed while the network is built); empty for a new one
     * @param rows what becomes of the last layer that the adapter holds, if it does
     * @param seed of new additions
     */
    public AdapterParameters(
            CheckpointParameters base, PeftMethod method, Optional<Weights> adapter, OutputRows rows, long seed) {
        this.base = base;
        this.method = method;
        this.adapter = adapter;
        this.addition = Pattern.compile("\\.(" + Pattern.quote(method.prefix()) + "|base_layer\\.).*");
        this.additions = new CheckpointParameters(
                adapter,
                new CheckpointParameters.Naming(
                        base.prefix(),
                        name -> true,
                        AdapterParameters::isTwice,
                        name -> name.startsWith(PREFIX) && base.isOutput(name.substring(PREFIX.length())),
                        rows,
                        Map.of(),
                        name -> false),
                PREFIX,
                seed);
        final String named = PREFIX + base.prefix() + ".";
        this.ofBareBase = !base.prefix().isEmpty()
                && adapter.map(weights -> weights.names().stream().noneMatch(name -> name.startsWith(named)))
                        .orElse(false);
    }

    /** What an adapter calls a layer: without the base model's name, if it was trained on that model without a head. */
    private String known(String layer) {
        final String named = base.prefix() + ".";
        return ofBareBase && layer.startsWith(named) ? layer.substring(named.length()) : layer;
    }

    /** With trained biases PEFT saves those of what is trained whole two times more, also those of a head's inner layers. */
    private static boolean isTwice(String name) {
        return name.endsWith(".bias") && (name.contains(".modules_to_save.") || name.contains(".original_module."));
    }

    @Override
    public Parameter take(String name, Init init, long... shape) {
        return orTrained(base.take(name, init, shape), name, init, shape);
    }

    /** A parameter of the base, or what an adapter has in its place. */
    private Parameter orTrained(Parameter plain, String name, Init init, long... shape) {
        if (adapter.isPresent() && method.trains(name, adapted)) {
            plain.close();
            return additions
                    .take(PREFIX + method.savedName(name, adapted), init, shape)
                    .renamed(name);
        }
        final Adapter ofBias = ofBiases.get(layer(name));
        if (ofBias != null && name.endsWith(".bias")) {
            plain.adaptBias(ofBias);
        }
        return plain;
    }

    @Override
    public Parameter weight(LayerKind kind, String name, Init init, long... shape) {
        final Parameter weight = orTrained(base.weight(kind, name, init, shape), name, init, shape);
        final String layer = layer(name);
        if (method.adapts(known(layer), kind) && !startsAnew(weight)) {
            adapted.add(layer);
            if (!kind.isLinear()) {
                refuseOtherBase(weight, layer, init, shape);
            }
            adapt(weight, kind, layer);
        }
        return weight;
    }

    /** Of embeddings and output layers PEFT saves the base's own weight beside what it adds, and puts it into the base again. */
    private void refuseOtherBase(Parameter weight, String layer, Init init, long... shape) {
        final String saved = PREFIX + known(layer) + ".base_layer.weight";
        if (adapter.filter(weights -> weights.names().contains(saved)).isEmpty()) {
            return;
        }
        try (TensorScope scope = TensorScope.open();
                Parameter brought = additions.take(saved, init, shape)) {
            if (!brought.value().equal(weight.value().to(ScalarType.Float))) {
                throw new FinetuneException(
                        "The adapter brings another " + layer + ".weight along than the model has"
                                + " (" + saved + " in " + adapter.orElseThrow().files()
                                + "): it was trained on another base, or on"
                                + " one whose vocabulary was changed. Save that base in Python, and name it in place of this one.");
            }
        }
    }

    private void adapt(Parameter weight, LayerKind kind, String layer) {
        final List<Parameter> added = new ArrayList<>();
        final Adapter adapter = method.adapter(new AdaptableLayer(known(layer), kind, weight, (name, init, shape) -> {
            added.add(added(layer, name, init, shape));
            return added.get(added.size() - 1);
        }));
        if (!Set.copyOf(adapter.parameters()).containsAll(added)) {
            throw new FinetuneException(method + " adds to " + layer + " "
                    + added.stream().map(Parameter::name).toList() + ", and what adapts it holds no more than "
                    + adapter.parameters().stream().map(Parameter::name).toList()
                    + ": all that is added must be among its parameters().");
        }
        weight.adapt(adapter);
        if (adapter.changesBias()) {
            ofBiases.put(layer, adapter);
        }
    }

    /** Whether a new adapter finds at random what a checkpoint has elsewhere: that is trained whole, not adapted. */
    private boolean startsAnew(Parameter weight) {
        return adapter.isEmpty() && weight.isNewlyInitialized() && base.hasCheckpoint();
    }

    private static String layer(String parameter) {
        return parameter.substring(0, Math.max(0, parameter.lastIndexOf('.')));
    }

    private Parameter added(String layer, String name, Init init, long... shape) {
        if (!name.startsWith(method.prefix())) {
            throw new FinetuneException(method + " adds \"" + name + "\" to " + layer
                    + ", and says that the names of all that it adds begin with \"" + method.prefix() + "\".");
        }
        return additions.take(PREFIX + layer + "." + name, init, shape);
    }

    @Override
    public Buffer buffer(String name, double start, ScalarType type, long... shape) {
        final Buffer plain = base.buffer(name, start, type, shape);
        if (adapter.isPresent() && method.trains(name, adapted)) {
            plain.close();
            return additions.buffer(PREFIX + name, start, type, shape).renamed(name);
        }
        return plain;
    }

    /** Closes all additions: for a network that could not be built to its end, and so owns nothing. */
    public void takeBack() {
        additions.takeBack();
    }

    /**
     * {@return the adapter's weights that the network has no place for; but for those of layers that it may leave out,
     * such as a pooler below a head that doesn't read it, and of a last layer for other outputs}
     */
    public List<String> leftOver() {
        return report().unexpected().stream()
                .filter(name -> !base.mayBeLeftOut(owner(name) + ".weight") && !base.isOutput(owner(name) + ".weight"))
                .toList();
    }

    /** The dotted name, in the network, of the layer that an adapter's tensor belongs to. */
    private String owner(String name) {
        final String inside = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        final String layer = layer(addition.matcher(inside).replaceFirst(".weight"));
        return ofBareBase ? base.prefix() + "." + layer : layer;
    }

    /** {@return how the adapter's weights and the additions met} Ask when the network is built. */
    public LoadReport report() {
        return additions.report();
    }
}
