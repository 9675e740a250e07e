package dev.finetune.peft;

import dev.finetune.checkpoint.CheckpointParameters;
import dev.finetune.checkpoint.LoadReport;
import dev.finetune.checkpoint.OutputRows;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Dropout;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.LowRank;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import dev.finetune.nn.Scaling;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A checkpoint's parameters, with what LoRA or IA3 adds to those that they are asked for. Additions are new, or come from
 * an adapter's weights, which then also hold what was trained whole; all under the names that PEFT gives them.
 */
public final class AdapterParameters implements ParameterSource {
    /** What PEFT puts before every name. */
    public static final String PREFIX = "base_model.model.";

    /** What PEFT puts behind a layer's name. */
    private static final Pattern ADDITION = Pattern.compile("\\.(lora_|ia3_|base_layer\\.).*");

    private final CheckpointParameters base;
    private final PeftMethod method;
    private final Optional<Weights> adapter;
    private final boolean ofBareBase;
    private final CheckpointParameters additions;
    private final Set<String> adapted = new HashSet<>();
    private final Map<String, Scaling> scalings = new HashMap<>();

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
        final Parameter plain = base.take(name, init, shape);
        if (adapter.isPresent() && method.trains(name, adapted)) {
            plain.close();
            return additions
                    .take(PREFIX + method.savedName(name, adapted), init, shape)
                    .renamed(name);
        }
        final Scaling scaling = scalings.get(layer(name));
        if (scaling != null && name.endsWith(".bias")) {
            plain.adapt(scaling);
        }
        return plain;
    }

    @Override
    public Parameter weight(LayerKind kind, String name, Init init, long... shape) {
        final Parameter weight = take(name, init, shape);
        final String layer = layer(name);
        if (method.adapts(known(layer), kind) && !startsAnew(weight)) {
            adapted.add(layer);
            weight.adapt(
                    method instanceof Ia3 ia3
                            ? scaling(ia3, kind, layer, shape)
                            : lowRank((Lora) method, kind, layer, weight));
        }
        return weight;
    }

    /** Whether a new adapter finds at random what a checkpoint has elsewhere: that is trained whole, not adapted. */
    private boolean startsAnew(Parameter weight) {
        return adapter.isEmpty() && weight.isNewlyInitialized() && base.hasCheckpoint();
    }

    private static String layer(String parameter) {
        return parameter.substring(0, Math.max(0, parameter.lastIndexOf('.')));
    }

    private Scaling scaling(Ia3 ia3, LayerKind kind, String layer, long... weight) {
        if (kind instanceof LayerKind.Embedding) {
            throw new FinetuneException("IA3 is for linear layers and convolutions, but " + layer
                    + " is an embedding: name other layers as targets.");
        }
        final boolean inputs = ia3.scalesInputs(known(layer));
        final long[] shape;
        if (kind instanceof LayerKind.Convolution convolution) {
            shape = new long[] {1, inputs ? weight[1] * convolution.groups() : weight[0], 1, 1};
        } else {
            shape = inputs ? new long[] {1, weight[1]} : new long[] {weight[0], 1};
        }
        final Scaling scaling = new Scaling(added(layer, "ia3_l", Init.ONES, shape), inputs);
        if (!inputs) {
            scalings.put(layer, scaling);
        }
        return scaling;
    }

    private LowRank lowRank(Lora lora, LayerKind kind, String layer, Parameter weight) {
        if (kind instanceof LayerKind.Convolution convolution && convolution.groups() > 1) {
            throw new FinetuneException("LoRA can't adapt " + layer + ", a convolution of " + convolution.groups()
                    + " groups: name other layers as targets.");
        }
        final long[] shape = weight.shape();
        final long rank = lora.rank(known(layer));
        final boolean looksUp = kind instanceof LayerKind.Embedding;
        final boolean convolves = kind instanceof LayerKind.Convolution;
        final long out = looksUp ? shape[1] : shape[0];
        final long[] narrow = looksUp ? new long[] {rank, shape[0]} : shape.clone();
        narrow[0] = rank;
        final long[] wide = convolves ? new long[] {out, rank, 1, 1} : new long[] {out, rank};
        final long[] perOutput = convolves ? new long[] {1, out, 1, 1} : new long[] {out};
        final double fanIn = Arrays.stream(narrow).skip(1).reduce(1, (a, b) -> a * b);
        final Optional<Parameter> magnitude = lora.dora()
                ? Optional.of(added(layer, "lora_magnitude_vector", Init.ZEROS, perOutput))
                : Optional.empty();
        final LowRank addition = new LowRank(
                kind,
                weight,
                looksUp
                        ? added(layer, "lora_embedding_A", Init.ZEROS, narrow)
                        : added(layer, "lora_A.weight", new Init.Uniform(1 / Math.sqrt(fanIn)), narrow),
                looksUp
                        ? added(layer, "lora_embedding_B", Init.normal(1), wide)
                        : added(layer, "lora_B.weight", Init.ZEROS, wide),
                lora.scale(known(layer)),
                new Dropout(looksUp ? 0 : lora.dropout()), // Of an index there is nothing to drop.
                magnitude);
        if (magnitude.map(Parameter::isNewlyInitialized).orElse(false)) {
            addition.settle();
        }
        return addition;
    }

    private Parameter added(String layer, String name, Init init, long... shape) {
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
        final String layer = layer(ADDITION.matcher(inside).replaceFirst(".weight"));
        return ofBareBase ? base.prefix() + "." + layer : layer;
    }

    /** {@return how the adapter's weights and the additions met} Ask when the network is built. */
    public LoadReport report() {
        return additions.report();
    }
}
