package dev.finetune.checkpoint;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Seeds;
import dev.finetune.internal.torch.FreedBlocks;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.LastingBlocks;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Buffer;
import dev.finetune.nn.Init;
import dev.finetune.nn.LayerKind;
import dev.finetune.nn.NonFinite;
import dev.finetune.nn.PackedWeight;
import dev.finetune.nn.Parameter;
import dev.finetune.nn.ParameterSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A network's parameters from a checkpoint, under the names that its library has written over the years, as Transformers
 * resolves them: {@code gamma} and {@code beta} for the weight and bias of norms, names with and without the base
 * model's prefix. What the checkpoint lacks is newly initialised if it belongs to a head, an error if it belongs to the
 * encoder.
 *
 * <p>Random numbers depend on the seed and the parameter's name alone, not on the order of loading.
 */
public final class CheckpointParameters implements ParameterSource {
    private static final int SHOWN = 6;

    /** Numbers of a matrix that is so large that others can use what reading it took. */
    private static final int MANY = 1 << 20;

    private static final String PROMISED = ". Its id2label, or num_labels, must name the outputs that the weights have;"
            + " to start with a new head instead, say head(...) with other names or another number.";

    private final Optional<Weights> weights;
    private final Naming naming;
    private final String wrapper;
    private final long seed;
    private boolean keepsBfloat16;
    private Optional<Function<Tensor, PackedWeight>> packer = Optional.empty();
    private final Map<String, String> stored = new LinkedHashMap<>();

    private final List<String> loaded = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> newlyInitialized = new ArrayList<>();
    private final List<LoadReport.Mismatch> mismatched = new ArrayList<>();
    private final Set<String> used = new LinkedHashSet<>();
    private final List<Runnable> closeGiven = new ArrayList<>();

    /**
     * What a family says of its names.
     *
     * @param prefix of the base model, without the dot: "bert"
     * @param required which parameters a checkpoint must have
     * @param ignored which stored names mean nothing (buffers), so that they aren't reported
     * @param outputs which parameters have a row for each output: a head's last layer
     * @param rows what becomes of those
     * @param aliases other names that a parameter has had
     * @param trunk which stored names are the trunk's, not a head's: one that the network has no place for is an error
     */
    public record Naming(
            String prefix,
            Predicate<String> required,
            Predicate<String> ignored,
            Predicate<String> outputs,
            OutputRows rows,
            Map<String, List<String>> aliases,
            Predicate<String> trunk) {}

    /**
     * Parameters from open weights (borrowed), or at random where there are none.
     *
     * @param weights borrowed, until all is taken
     * @param naming what the file calls a parameter of ours
     * @param seed of what is newly initialised
     */
    public CheckpointParameters(Optional<Weights> weights, Naming naming, long seed) {
        this(weights, naming, "", seed);
    }

    /**
     * The same where something stands before every name, and so before the base model's prefix.
     *
     * @param weights borrowed, until all is taken
     * @param naming what the file calls a parameter of ours
     * @param wrapper what stands before every name
     * @param seed of what is newly initialised
     */
    public CheckpointParameters(Optional<Weights> weights, Naming naming, String wrapper, long seed) {
        this.weights = weights;
        this.wrapper = wrapper;
        this.naming = naming;
        this.seed = seed;
        weights.ifPresent(w -> w.names().forEach(name -> stored.putIfAbsent(modern(name), name)));
        weights.ifPresent(w -> w.aliases().forEach((alias, name) -> stored.putIfAbsent(modern(alias), name)));
    }

    /**
     * Leaves the weights of layers in 16 bits that are stored as bfloat16, for a base that is frozen: half the memory. Products
     * with them are computed in bfloat16. By default, and of other types, all is loaded as 32-bit floats.
     *
     * @param keep whether to
     * @return this
     */
    public CheckpointParameters keepingBfloat16(boolean keep) {
        keepsBfloat16 = keep;
        return this;
    }

    /**
     * Packs the weights of the trunk's linear layers, each as soon as it is read, for a base that is frozen. What is random
     * isn't packed.
     *
     * @param how is given a matrix (out, in) of floats of any type, and gives it packed
     * @param memory where what is packed is to lie (borrowed)
     * @return this
     */
    public CheckpointParameters packing(Function<Tensor, PackedWeight> how, LastingBlocks memory) {
        packer = Optional.of(how.andThen(packed -> packed.movedTo(memory)));
        return this;
    }

    /**
     * {@return the name of the base model, which stands before those of its parameters, without the dot; empty where it
     * has none}
     */
    public String prefix() {
        return naming.prefix;
    }

    /**
     * {@return whether a parameter is one of the base model that a network may leave out, such as those of a pooler}
     *
     * @param name in full
     */
    public boolean mayBeLeftOut(String name) {
        return name.startsWith(naming.prefix + ".") && !naming.required.test(name);
    }

    /** {@return whether there is a checkpoint; without one all parameters are random} */
    public boolean hasCheckpoint() {
        return weights.isPresent();
    }

    @Override
    public Parameter take(String name, Init init, long... shape) {
        return take(name, Stored.AS_FLOATS, init, shape);
    }

    @Override
    public Parameter weight(LayerKind kind, String name, Init init, long... shape) {
        final boolean ofTrunk = naming.trunk.test(name) || name.startsWith(naming.prefix + ".");
        if (packer.isPresent() && kind.isLinear() && ofTrunk) {
            return take(name, kind.outputsLast() ? Stored.PACKED_TURNED : Stored.PACKED, init, shape);
        }
        return take(name, keepsBfloat16 ? Stored.BFLOAT16_STAYS : Stored.AS_FLOATS, init, shape);
    }

    /** What a loaded parameter is kept as. */
    private enum Stored {
        AS_FLOATS,
        BFLOAT16_STAYS,
        PACKED,
        /** Packed as (out, in), and stored as (in, out). */
        PACKED_TURNED
    }

    private Parameter take(String name, Stored as, Init init, long... shape) {
        final Optional<String> found = find(name);
        if (naming.rows instanceof OutputRows.Anew && naming.outputs.test(name)) {
            found.ifPresent(other -> giveUp(name, other, shape));
        } else if (found.isPresent()) {
            final Weights source = weights.orElseThrow();
            final long[] there = source.describe(found.get()).shape();
            used.add(found.get());
            if (Arrays.equals(there, shape)) {
                loaded.add(name);
                return given(
                        as == Stored.PACKED || as == Stored.PACKED_TURNED
                                ? packed(name, source, found.get(), as == Stored.PACKED_TURNED)
                                : new Parameter(
                                        name,
                                        read(
                                                source,
                                                found.get(),
                                                naming.outputs.test(name),
                                                as == Stored.BFLOAT16_STAYS),
                                        false));
            }
            if (naming.required.test(name) || isPromised(name)) {
                throw new FinetuneException("The checkpoint doesn't fit its config.json: " + found.get() + " has shape "
                        + Arrays.toString(there) + " in " + source.files() + ", but the configuration asks for "
                        + Arrays.toString(shape) + (isPromised(name) ? PROMISED : "."));
            }
            mismatched.add(new LoadReport.Mismatch(name, there, shape));
        } else if (weights.isPresent() && (naming.required.test(name) || isPromised(name))) {
            throw lacks(name);
        }
        if (found.isEmpty()) {
            missing.add(name);
        }
        newlyInitialized.add(name);
        return given(new Parameter(name, random(name, init, shape), true));
    }

    @Override
    public Buffer buffer(String name, double start, ScalarType type, long... shape) {
        final Optional<String> found = find(name);
        if (found.isEmpty()) {
            if (weights.isPresent() && naming.required.test(name) && type.intern() == ScalarType.Float) {
                throw lacks(name);
            }
            missing.add(name);
            return given(ParameterSource.super.buffer(name, start, type, shape));
        }
        final Weights source = weights.orElseThrow();
        final long[] there = source.describe(found.get()).shape();
        used.add(found.get());
        if (!Arrays.equals(there, shape)) {
            throw new FinetuneException("The checkpoint doesn't fit its config.json: " + found.get() + " has shape "
                    + Arrays.toString(there) + " in " + source.files() + ", but the configuration asks for "
                    + Arrays.toString(shape) + ".");
        }
        loaded.add(name);
        try (TensorScope scope = TensorScope.open()) {
            return given(new Buffer(name, Tensors.own(source.read(found.get()).to(type))));
        }
    }

    /** {@return what was loaded, newly initialised, of another shape, and left over} Ask when the network is built. */
    public LoadReport report() {
        return new LoadReport(loaded, missing, unexpected(), newlyInitialized, mismatched, prefix());
    }

    /**
     * Refuses a checkpoint that holds more of the trunk than the network has: it was computed with, so the network isn't
     * the one that was trained. What is left over of heads is only reported. Ask when the network is built.
     *
     * @throws FinetuneException if a tensor of the trunk was left over, with the names of the first
     */
    public void refuseLeftOfTrunk() {
        final List<String> left = unexpected().stream().filter(naming.trunk).toList();
        if (!left.isEmpty()) {
            throw new FinetuneException("The checkpoint has " + left.size() + " trained "
                    + (left.size() == 1 ? "tensor" : "tensors") + " for which the network has no place: "
                    + String.join(", ", left.subList(0, Math.min(SHOWN, left.size())))
                    + (left.size() > SHOWN ? " ..." : "") + " (in "
                    + weights.map(Weights::files).orElse(List.of())
                    + "). They belong to the trunk, not to a head: without them the network would compute something else"
                    + " than was trained. Either the checkpoint is of a related network that isn't supported, or its"
                    + " config.json describes a smaller one.");
        }
    }

    /**
     * Refuses a checkpoint that holds two parameters which the configuration ties, with different values: one of them was
     * computed with, and would be left out. (Transformers 5 computes with both and warns; versions before tied them.)
     *
     * @param first name in full
     * @param second name in full
     * @throws FinetuneException naming both
     */
    public void refuseTiedApart(String first, String second) {
        final Optional<String> one = find(first, List.of());
        final Optional<String> other = find(second, List.of());
        if (one.isEmpty() || other.isEmpty() || one.equals(other)) {
            return;
        }
        try (TensorScope scope = TensorScope.open()) {
            final Weights source = weights.orElseThrow();
            final DType type = source.describe(one.get()).dtype();
            if (!source.read(one.get()).equal(source.read(other.get(), type))) {
                throw new FinetuneException("The checkpoint doesn't fit its config.json: that ties " + other.get()
                        + " to "
                        + one.get() + " (\"tie_word_embeddings\" is true where it isn't said), but " + source.files()
                        + " hold both, with different values. Transformers 5 computes with each of them: set"
                        + " \"tie_word_embeddings\" to false in config.json for that, or, if the model was trained with them"
                        + " tied, remove " + other.get() + " from the weights.");
            }
        }
    }

    private List<String> unexpected() {
        return weights.map(w -> w.names().stream()
                        .filter(name -> !used.contains(name) && !naming.ignored.test(name))
                        .toList())
                .orElse(List.of());
    }

    /** Closes all that was taken: for a network that could not be built to its end, and so owns nothing. */
    public void takeBack() {
        closeGiven.forEach(Runnable::run);
        closeGiven.clear();
    }

    private Parameter given(Parameter parameter) {
        closeGiven.add(parameter::close);
        return parameter;
    }

    private Buffer given(Buffer buffer) {
        closeGiven.add(buffer::close);
        return buffer;
    }

    /** A last layer for other outputs: one of another size is told as that, one of the same size is left over. */
    private void giveUp(String name, String found, long... shape) {
        final long[] there = weights.orElseThrow().describe(found).shape();
        if (!Arrays.equals(there, shape)) {
            used.add(found);
            mismatched.add(new LoadReport.Mismatch(name, there, shape));
        }
    }

    private FinetuneException lacks(String name) {
        return new FinetuneException("The checkpoint doesn't fit its config.json: it lacks " + name + " (looked in "
                + weights.map(Weights::files).orElse(List.of()) + ")"
                + (isPromised(name) ? PROMISED : "."));
    }

    /** Whether a parameter is the last layer of the head that the configuration says the checkpoint has. */
    private boolean isPromised(String name) {
        final boolean has = naming.rows instanceof OutputRows.Moved
                || naming.rows instanceof OutputRows.Kept kept && kept.required();
        return has && naming.outputs.test(name);
    }

    /**
     * {@return whether a parameter has a row for each output of the head}
     *
     * @param name in full
     */
    public boolean isOutput(String name) {
        return naming.outputs.test(name);
    }

    private Optional<String> find(String name) {
        return find(name, naming.aliases.getOrDefault(name, List.of()));
    }

    private Optional<String> find(String name, List<String> aliases) {
        final List<String> candidates = new ArrayList<>(List.of(name));
        candidates.addAll(aliases);
        final String base = wrapper + naming.prefix + ".";
        if (name.startsWith(base)) {
            candidates.add(wrapper + name.substring(base.length()));
        }
        return candidates.stream().filter(stored::containsKey).map(stored::get).findFirst();
    }

    private static String modern(String name) {
        if (name.endsWith(".gamma")) {
            return name.substring(0, name.length() - "gamma".length()) + "weight";
        }
        if (name.endsWith(".beta")) {
            return name.substring(0, name.length() - "beta".length()) + "bias";
        }
        return name;
    }

    /** Gives back what reading took, for what stays lies scattered among it: as much as the packed weights, all together. */
    private Parameter packed(String name, Weights source, String found, boolean turned) {
        final Parameter packed = readAndPacked(name, source, found, turned);
        if (packed.count() >= MANY) {
            FreedBlocks.giveBack();
        }
        return packed;
    }

    private Parameter readAndPacked(String name, Weights source, String found, boolean turned) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor stored = source.read(found);
            NonFinite.spoiled(name, stored).ifPresent(told -> {
                throw new FinetuneException(source.files() + ": " + told
                        + ", so that whatever the model says means nothing. The weights were spoiled before they were"
                        + " saved: use another checkpoint.");
            });
            final Tensor matrix = turned ? stored.t() : stored;
            return new Parameter(name, packer.orElseThrow().apply(matrix), turned);
        }
    }

    private Tensor read(Weights source, String name, boolean output, boolean asStored) {
        try (TensorScope scope = TensorScope.open()) {
            final boolean halved = asStored && source.describe(name).dtype() == DType.BF16;
            final Tensor stored = source.read(name, halved ? DType.BF16 : DType.F32);
            if (output && naming.rows instanceof OutputRows.Moved moved) {
                final long[] from =
                        moved.from().stream().mapToLong(Integer::longValue).toArray();
                return Tensors.own(stored.index_select(0, Tensors.of(from, from.length)));
            }
            return Tensors.own(stored);
        }
    }

    private Tensor random(String name, Init init, long... shape) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
            final GeneratorOptional generator =
                    new GeneratorOptional(torch.make_generator_cpu(Seeds.of(seed, name.hashCode())));
            if (init instanceof Init.Normal normal) {
                tensor.normal_(0, normal.std(), generator);
            } else if (init instanceof Init.TruncatedNormal truncated) {
                // The distribution function's inverse of uniform numbers between its values at both ends.
                final double end = Math.sqrt(0.5) * truncated.cutoff();
                final double inside = Tensors.scalar(torch.tensor((float) end).erf());
                final double most = truncated.std() * truncated.cutoff();
                tensor.uniform_(-inside, inside, generator)
                        .erfinv_()
                        .mul_(new Scalar(truncated.std() * Math.sqrt(2)))
                        .clamp_(new ScalarOptional(new Scalar(-most)), new ScalarOptional(new Scalar(most)));
            } else if (init instanceof Init.Uniform uniform) {
                tensor.uniform_(-uniform.bound(), uniform.bound(), generator);
            } else {
                tensor.fill_(new Scalar(((Init.Constant) init).value()));
            }
            return Tensors.own(tensor);
        }
    }
}
