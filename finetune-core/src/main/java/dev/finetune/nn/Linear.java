package dev.finetune.nn;

import dev.finetune.internal.torch.Autocast;
import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.FewRows;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.WeightCopy;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * y = x W^T + b, or x W^T, for x of shape (..., in) and y of shape (..., out). W is (out, in), or stored as (in, out), as GPT-2's
 * Conv1D has it.
 */
public final class Linear implements Module {
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final boolean turned;
    private final AdaptedLayer layer = new Layer();
    private final AdaptedLayer fewRows = new FewRowsLayer(true);
    private final AdaptedLayer manyPasses = new FewRowsLayer(false);

    /**
     * Takes {@code weight} (out, in) and {@code bias} (out) from a source.
     *
     * @param source where the parameters come from, by their names
     * @param in width read
     * @param out width given
     * @param init how parameters start that the checkpoint lacks
     */
    public Linear(ParameterSource source, long in, long out, Init init) {
        this(source, in, out, init, true);
    }

    /**
     * Takes {@code weight} (out, in) and, where there is one, {@code bias} (out) from a source.
     *
     * @param source where the parameters come from, by their names
     * @param in width read
     * @param out width given
     * @param init how parameters start that the checkpoint lacks
     * @param biased whether the layer has a bias
     */
    public Linear(ParameterSource source, long in, long out, Init init, boolean biased) {
        this(
                source.weight(new LayerKind.Linear(), "weight", init, out, in),
                biased ? source.take("bias", Init.ZEROS, out) : null);
    }

    /**
     * Shares a weight with another part of the network (tied embeddings), with a bias of its own.
     *
     * @param sharedWeight owned by the other part
     * @param bias owned by this layer, or null for none
     */
    public Linear(Parameter sharedWeight, @Nullable Parameter bias) {
        this(sharedWeight, bias, false);
    }

    private Linear(Parameter weight, @Nullable Parameter bias, boolean turned) {
        this.weight = weight;
        this.bias = bias;
        this.turned = turned;
        if (weight.packed().isEmpty()) {
            weight.markOperand();
        }
        if (bias != null) {
            bias.markOperand();
        }
    }

    /**
     * {@return a layer that takes {@code weight} stored as (in, out), and {@code bias} (out)}
     *
     * @param source where the parameters come from, by their names
     * @param in width read
     * @param out width given
     * @param init how parameters start that the checkpoint lacks
     */
    public static Linear conv1D(ParameterSource source, long in, long out, Init init) {
        return new Linear(
                source.weight(new LayerKind.Conv1D(), "weight", init, in, out),
                source.take("bias", Init.ZEROS, out),
                true);
    }

    /** A weight as (out, in). */
    private Tensor matrix(Tensor stored) {
        return turned ? stored.t() : stored;
    }

    /**
     * Applies the layer, and what adapts it.
     *
     * @param input (..., in)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (..., out), in the current scope
     */
    public Tensor forward(Tensor input, ForwardContext context) {
        final AdaptedLayer plain = context.writesOn() ? fewRows : context.isPredicting() ? manyPasses : layer;
        if (weight.adapter().isEmpty()) {
            return plain.plain(input);
        }
        final Tensor adapted = weight.adapter().get().forward(input, plain, context);
        return keepsHalf(input) ? adapted.to(ScalarType.BFloat16) : adapted; // What adapts is floats.
    }

    /** Whether it gives bfloat16 for an input, which is in bfloat16. */
    private boolean keepsHalf(Tensor input) {
        return isInHalf() && Mixed.isHalf(input) && !Autocast.isOnFor(input);
    }

    /** {@return whether its weight is kept in bfloat16, or in fewer bits and multiplied in bfloat16} */
    public boolean isInHalf() {
        return weight.packed().isPresent() || Mixed.isHalf(weight.operand());
    }

    /**
     * Applies the layer, and an activation to what it gives; for few rows, while weights stay as they are, both as one, and nothing is
     * kept for a gradient.
     *
     * @param activation applied last
     * @param input (..., in)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (..., out), in the current scope
     */
    public Tensor activated(Activation activation, Tensor input, ForwardContext context) {
        final Optional<WeightCopy.Then> then = activation.afterProduct();
        final WeightCopy copy = then.isPresent() ? copyFor(input, context) : null;
        if (copy != null) {
            return copy.linear(input, biasOperand(), then.orElseThrow());
        }
        try (TensorScope scope = TensorScope.open()) {
            final Tensor given = forward(input, context);
            return scope.keep(GradMode.is_enabled() ? activation.forward(given) : activation.inPlace(given));
        }
    }

    /**
     * Applies the layer, and adds what it gives to another tensor; for few rows, while weights stay as they are, both as one.
     *
     * @param other (..., out) (borrowed)
     * @param input (..., in)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (..., out), in the current scope
     */
    public Tensor plus(Tensor other, Tensor input, ForwardContext context) {
        final WeightCopy copy = copyFor(input, context);
        return copy == null ? other.add(forward(input, context)) : copy.plus(other, input, biasOperand());
    }

    /**
     * Applies the layer, and multiplies what it gives with another tensor, number by number; for few rows, while weights stay as they
     * are, both as one.
     *
     * @param other (..., out) (borrowed)
     * @param input (..., in)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (..., out), in the current scope
     */
    public Tensor times(Tensor other, Tensor input, ForwardContext context) {
        final WeightCopy copy = copyFor(input, context);
        return copy == null ? other.mul(forward(input, context)) : copy.times(other, input, biasOperand());
    }

    private @Nullable Tensor biasOperand() {
        return bias == null ? null : bias.operand();
    }

    /** Whether what follows the product of an input is computed with it. */
    boolean fuses(Tensor input, ForwardContext context) {
        return copyFor(input, context) != null;
    }

    /** The copy that the layer multiplies with alone; null where it doesn't. */
    private @Nullable WeightCopy copyFor(Tensor input, ForwardContext context) {
        final boolean writes = context.writesOn();
        if (isAdapted() || !writes && !context.isPredicting()) {
            return null;
        }
        final Tensor matrix = matrix(weight.operand());
        if (!WeightCopy.pays(input, matrix)) {
            return null;
        }
        return writes ? weight.copyForFewRows(matrix) : weight.copyThere(matrix);
    }

    /** Whether what it gives for an input holds no more than bfloat16 can. */
    boolean givesBfloat16(Tensor input) {
        return bias == null
                && weight.adapter().isEmpty()
                && weight.packed()
                        .map(PackedLinear::givesBfloat16)
                        .orElseGet(() -> Mixed.differ(input, weight.operand()));
    }

    /**
     * Applies an activation and then the layer. Where gradients may be custom, the activation's output isn't kept for
     * backward, which computes it again from the input.
     *
     * @param activation applied first
     * @param input (..., in), before the activation
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (..., out), in the current scope
     */
    public Tensor forward(Activation activation, Tensor input, ForwardContext context) {
        final boolean keepsLess = CustomGradients.payFor(input)
                && activation.hasGradient()
                && weight.isTrained()
                && weight.adapter().isEmpty();
        return keepsLess ? keepingInput(activation, input) : forward(activation.forward(input), context);
    }

    private Tensor keepingInput(Activation activation, Tensor input) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor value;
            try (GradientMode off = GradientMode.off()) {
                value = layer.plain(activation.forward(input));
            }
            final Tensor matrix = matrix(weight.value());
            final List<Tensor> kept = List.of(input, matrix.detach());
            final List<Tensor> inputs = bias == null ? List.of(input, matrix) : List.of(input, matrix, bias.value());
            return scope.keep(CustomGradients.output(
                    value,
                    inputs,
                    kept,
                    (gradient, k, gradients) ->
                            gradients(activation, gradient, k.get(0), k.get(1), bias != null, gradients)));
        }
    }

    private static void gradients(
            Activation activation,
            Tensor gradient,
            Tensor input,
            Tensor weight,
            boolean biased,
            CustomGradients.Gradients gradients) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor rows = gradient.reshape(-1, weight.size(0));
            if (gradients.wanted(1)) {
                gradients.set(1, ofWeight(activation, rows, input));
            }
            if (gradients.wanted(0)) {
                final Tensor ofInput = gradient.matmul(weight);
                activation.gradient(ofInput, input);
                gradients.set(0, ofInput);
            }
            if (biased && gradients.wanted(2)) {
                gradients.set(2, rows.sum(0));
            }
        }
    }

    /** The activation's output dies here: it is the largest tensor of all. */
    private static Tensor ofWeight(Activation activation, Tensor ofRows, Tensor input) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor activated = activation.forward(input).reshape(-1, input.size(-1));
            return scope.keep(ofRows.t().mm(activated));
        }
    }

    /**
     * Draws the layer, with what adapts it.
     *
     * @param graph where
     * @param input (rows, in)
     * @param scale what the output is multiplied with
     * @return (rows, out)
     */
    public Value draw(OperatorGraph graph, Value input, double scale) {
        final OperatorGraph.Operator product = bias == null
                ? graph.operator("Gemm", input, graph.of(weight))
                : graph.operator("Gemm", input, graph.of(weight), graph.of(bias));
        product.set("transB", turned ? 0 : 1);
        if (scale != 1) {
            product.set("alpha", scale).set("beta", scale);
        }
        return product.value();
    }

    /**
     * Draws the layer, with what adapts it.
     *
     * @param graph where
     * @param input (rows, in)
     * @return (rows, out)
     */
    public Value draw(OperatorGraph graph, Value input) {
        return draw(graph, input, 1);
    }

    /** {@return how many numbers a row of its output has} */
    public long outputs() {
        return weight.shape()[turned ? 1 : 0];
    }

    /**
     * {@return what the layer multiplies with, (out, in), borrowed; empty where something adapts it or it is kept in few
     * bits}
     */
    public Optional<Tensor> plainWeight() {
        return isAdapted() ? Optional.empty() : Optional.of(weight());
    }

    /** {@return what the layer adds, (out), borrowed; empty where that is nothing, or where something adapts the layer} */
    public Optional<Tensor> plainBias() {
        return isAdapted() || bias == null ? Optional.empty() : Optional.of(bias.operand());
    }

    /** Whether something adapts the layer, or its weight is kept in few bits, so that it isn't only its weight and bias. */
    boolean isAdapted() {
        return weight.packed().isPresent()
                || weight.adapter().isPresent()
                || bias != null && bias.adapter().isPresent();
    }

    /** What products take of the weight, (out, in); borrowed. */
    Tensor weight() {
        return matrix(weight.operand());
    }

    /** Its bias; borrowed; null where it has none. */
    @Nullable
    Tensor bias() {
        return bias == null ? null : bias.value();
    }

    Parameter weightParameter() {
        return weight;
    }

    /** Its bias, if it has one. */
    List<Parameter> biasParameter() {
        return bias == null ? List.of() : List.of(bias);
    }

    @Override
    public List<Parameter> parameters() {
        final List<Parameter> all = new ArrayList<>(List.of(weight));
        all.addAll(biasParameter());
        all.addAll(weight.additions());
        return all;
    }

    /** The layer while weights stay as they are. */
    private final class FewRowsLayer extends Layer {
        private final boolean atOnce;

        /** Whether a copy is laid out for the first pass: one of many, as each token that is written takes one. */
        FewRowsLayer(boolean atOnce) {
            this.atOnce = atOnce;
        }

        @Override
        public Tensor plain(Tensor input) {
            if (weight.packed().isPresent()) {
                return super.plain(input);
            }
            final Tensor matrix = matrix(weight.operand());
            if (!WeightCopy.pays(input, matrix)) {
                return super.plain(input);
            }
            final WeightCopy copy = atOnce ? weight.copyForFewRows(matrix) : weight.copyAfterManyPasses(matrix);
            return copy == null ? super.plain(input) : copy.linear(input, bias == null ? null : bias.operand());
        }
    }

    private class Layer implements AdaptedLayer {
        @Override
        public Tensor weight() {
            if (weight.packed().isPresent()) {
                return weight.packed().get().floats();
            }
            return Mixed.asFloats(matrix(weight.value()));
        }

        @Override
        public Tensor plain(Tensor input) {
            if (weight.packed().isPresent()) {
                return PackedLinear.forward(input, weight.packed().get(), bias == null ? null : bias.value());
            }
            final Tensor operand = matrix(weight.operand());
            if (Mixed.differ(input, operand) || bias != null && keepsHalf(input)) {
                return Mixed.linear(input, operand, bias == null ? null : bias.operand());
            }
            if (!turned && FewRows.pay(input, operand)) {
                return FewRows.linear(input, operand, biasOperand());
            }
            return bias == null
                    ? torch.linear(input, operand)
                    : torch.linear(input, operand, new TensorOptional(bias.operand()));
        }

        @Override
        public Tensor apply(Tensor input, Tensor other) {
            return keepsHalf(input) ? Mixed.widened(input, other) : torch.linear(input, other);
        }

        @Override
        public Tensor unbiased(Tensor output) {
            return bias == null ? output : output.sub(bias.value());
        }
    }
}
