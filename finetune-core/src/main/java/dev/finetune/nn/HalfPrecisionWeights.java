package dev.finetune.nn;

import dev.finetune.internal.torch.Boxed;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.HalfPrecision;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Copies in 16 bits of what products take, for mixed precision on a GPU: all of them are cast at once before a pass, and their
 * gradients at once after it, where autocast starts a kernel for each weight, forward and backward. The numbers are autocast's.
 * Layers that take the same input ({@link FusedLinear}) have theirs side by side. Owns the copies, and float32 memory for the
 * gradients.
 */
public final class HalfPrecisionWeights implements AutoCloseable {
    private final HalfPrecision half;
    private final List<Leaf> leaves = new ArrayList<>();
    private final Map<Parameter, Tensor> gradients = new HashMap<>();
    private boolean fresh = true;

    /**
     * A tensor that products take while copies are in use.
     *
     * @param copy owned
     * @param parts where in it each parameter's copy is
     * @param user is told what to take; null for its own again
     */
    private record Leaf(Tensor copy, List<Part> parts, Consumer<@Nullable Tensor> user) {
        boolean isTrained() {
            return parts.stream().anyMatch(part -> part.parameter.isTrained());
        }
    }

    /** A parameter's place in a leaf: rows from one on; {@code slice} (owned) is a view of the copy. */
    private record Part(Parameter parameter, Tensor slice, long from, long rows) {
        /** This part of a gradient of the leaf, in the current scope. */
        Tensor of(Tensor gradient) {
            return rows == gradient.size(0) ? gradient : gradient.narrow(0, from, rows);
        }
    }

    /** Until it is closed products take the copies. */
    @FunctionalInterface
    public interface InUse extends AutoCloseable {
        @Override
        void close();
    }

    private HalfPrecisionWeights(HalfPrecision half) {
        this.half = half;
    }

    /** {@return copies of nothing: using them changes nothing} */
    public static HalfPrecisionWeights none() {
        return new HalfPrecisionWeights(HalfPrecision.NONE);
    }

    /**
     * Copies of what the products of a network take; its adapters must be in place.
     *
     * @param network whose weights are copied (borrowed)
     * @param half what the copies are
     * @return the copies, to be closed by the caller
     */
    public static HalfPrecisionWeights of(Network network, HalfPrecision half) {
        final HalfPrecisionWeights copies = new HalfPrecisionWeights(half);
        try {
            copies.addAll(network);
            return copies;
        } catch (RuntimeException | Error e) {
            copies.close();
            throw e;
        }
    }

    private void addAll(Network network) {
        final Set<Parameter> joint = new HashSet<>();
        for (Stage stage : network.stages()) {
            for (FusedLinear layers : stage.joint()) {
                if (!layers.isAdapted()) {
                    joint.addAll(add(layers.weights(), layers::takeWeight));
                    joint.addAll(add(layers.biases(), layers::takeBias));
                }
            }
        }
        for (Parameter parameter : network.parameters()) {
            if (parameter.isOperand() && !joint.contains(parameter)) {
                add(List.of(parameter), parameter::standIn);
            }
        }
    }

    private List<Parameter> add(List<Parameter> parameters, Consumer<@Nullable Tensor> user) {
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            final TensorOptions options = new TensorOptions(half.type());
            final List<Tensor> empty = parameters.stream()
                    .map(parameter -> torch.empty_like(parameter.value(), options, new MemoryFormatOptional()))
                    .toList();
            final Tensor copy = Tensors.own(
                    empty.size() == 1 ? empty.get(0) : torch.cat(new TensorVector(empty.toArray(new Tensor[0]))));
            final List<Part> parts = new ArrayList<>();
            long from = 0;
            for (Parameter parameter : parameters) {
                final long rows = parameter.shape()[0];
                parts.add(new Part(parameter, Tensors.own(copy.detach().narrow(0, from, rows)), from, rows));
                from += rows;
            }
            leaves.add(new Leaf(copy, parts, user));
            return parameters;
        }
    }

    /**
     * Copies anew what training changes, and has products take the copies. Use with try-with-resources.
     *
     * @return what ends the use, on closing
     */
    public InUse use() {
        final List<Tensor> copies = new ArrayList<>();
        final List<Tensor> values = new ArrayList<>();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            for (Leaf leaf : leaves) {
                for (Part part : leaf.parts) {
                    if (fresh || part.parameter.isTrained()) {
                        copies.add(part.slice);
                        values.add(part.parameter.value().detach());
                    }
                }
            }
            copy(copies, values);
            fresh = false;
            for (Leaf leaf : leaves) {
                if (leaf.copy.requires_grad() != leaf.isTrained()) {
                    leaf.copy.set_requires_grad(leaf.isTrained());
                }
                leaf.user.accept(leaf.copy);
            }
        }
        return () -> leaves.forEach(leaf -> leaf.user.accept(null));
    }

    /** Adds the gradients of the copies to those of the parameters, and forgets them. */
    public void handOver() {
        final List<Tensor> targets = new ArrayList<>();
        final List<Tensor> sources = new ArrayList<>();
        final List<Parameter> first = new ArrayList<>();
        try (TensorScope scope = TensorScope.open();
                GradientMode off = GradientMode.off()) {
            for (Leaf leaf : leaves) {
                final Tensor gradient = leaf.copy.grad();
                if (gradient.defined()) {
                    for (Part part : leaf.parts) {
                        if (part.parameter.isTrained()) {
                            final Tensor known = part.parameter.value().grad();
                            if (known.defined()) { // Of another batch of the step, or of a use that is no product.
                                known.add_(part.of(gradient));
                            } else {
                                first.add(part.parameter);
                                targets.add(memory(part.parameter));
                                sources.add(part.of(gradient));
                            }
                        }
                    }
                }
            }
            copy(targets, sources);
            for (int i = 0; i < first.size(); i++) {
                first.get(i).value().mutable_grad().put(targets.get(i));
            }
            forgetGradients();
        }
    }

    /** Forgets the gradients of the copies. */
    public void forgetGradients() {
        try (TensorScope scope = TensorScope.open()) {
            leaves.forEach(leaf -> leaf.copy.mutable_grad().reset());
        }
    }

    /**
     * {@return whether a parameter's gradient lies where it will lie again after every pass, in memory of these copies}
     *
     * @param parameter of the network
     */
    public boolean keeps(Parameter parameter) {
        final Tensor kept = gradients.get(parameter);
        return kept != null
                && kept.data_ptr().address()
                        == parameter.value().grad().data_ptr().address();
    }

    private Tensor memory(Parameter parameter) {
        return gradients.computeIfAbsent(
                parameter, any -> Tensors.own(torch.empty_like(parameter.value().detach())));
    }

    private static void copy(List<Tensor> to, List<Tensor> from) {
        if (!to.isEmpty()) {
            Boxed.FOREACH_COPY.run(to, from, false);
        }
    }

    @Override
    public void close() {
        leaves.forEach(leaf -> {
            leaf.parts.forEach(part -> part.slice.close());
            leaf.copy.close();
        });
        leaves.clear();
        gradients.values().forEach(Tensor::close);
        gradients.clear();
    }
}
