package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * A convolution or pool with the batch norms around it: [norm, activation,] convolution [, norm [, sum, activation]].
 *
 * <p>Where gradients may be custom, what is between is not kept for backward, which computes it again from the input: what
 * comes out of the first norm and the activation always, what comes out of the convolution where that is cheap.
 *
 * @param before the norm before it
 * @param sliding the convolution or pool
 * @param after the norm after it
 * @param activation after the first norm
 * @param last the activation after the sum
 */
public record ConvNormBlock(
        Optional<BatchNorm2d> before,
        SpatialOp sliding,
        Optional<BatchNorm2d> after,
        Activation activation,
        Activation last) {
    /**
     * One activation, after the first norm and after the sum.
     *
     * @param before the norm before it, if any
     * @param sliding the convolution or pooling
     * @param after the norm after it, if any
     * @param activation after the first norm and after the sum
     */
    public ConvNormBlock(
            Optional<BatchNorm2d> before, SpatialOp sliding, Optional<BatchNorm2d> after, Activation activation) {
        this(before, sliding, after, activation, activation);
    }

    /**
     * Applies all but a sum and the activation after it.
     *
     * @param input (batch, channels, height, width)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return what the norm after it gives, in the current scope
     */
    public Tensor forward(Tensor input, ForwardContext context) {
        return keepsLess(input) ? keepingLess(input, null, context) : plain(input, context);
    }

    /**
     * Applies all; keeps less only where there is a norm before the sum.
     *
     * @param input (batch, channels, height, width)
     * @param added of the result's shape (borrowed)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return the activated sum, in the current scope
     */
    public Tensor forward(Tensor input, Tensor added, ForwardContext context) {
        return after.isPresent() && keepsLess(input)
                ? keepingLess(input, added, context)
                : last.inPlace(plain(input, context).add_(added));
    }

    /**
     * Draws all but a sum and the activation after it.
     *
     * @param graph where
     * @param input (batch, channels, height, width)
     * @return what the norm after it gives
     */
    public Value draw(OperatorGraph graph, Value input) {
        final Value hidden = before.map(norm -> activation.draw(graph, norm.draw(graph, input)))
                .orElse(input);
        final Value slid = sliding.draw(graph, hidden);
        return after.map(norm -> norm.draw(graph, slid)).orElse(slid);
    }

    /**
     * Draws all.
     *
     * @param graph where
     * @param input (batch, channels, height, width)
     * @param added of the result's shape
     * @return the activated sum
     */
    public Value draw(OperatorGraph graph, Value input, Value added) {
        return last.draw(graph, graph.apply("Add", draw(graph, input), added));
    }

    private Tensor plain(Tensor input, ForwardContext context) {
        final Tensor hidden = before.map(norm -> activation.inPlace(norm.forward(input, context)))
                .orElse(input);
        final Tensor slid = sliding.forward(hidden, context);
        return after.map(norm -> norm.forward(slid, context)).orElse(slid);
    }

    private boolean keepsLess(Tensor input) {
        return (before.isPresent() || after.isPresent())
                && activation == Activation.RELU
                && last == Activation.RELU
                && sliding.isPlain()
                && CustomGradients.payFor(input);
    }

    private Tensor keepingLess(Tensor input, @Nullable Tensor added, ForwardContext context) {
        try (TensorScope scope = TensorScope.open()) {
            final List<Tensor> kept = new ArrayList<>(List.of(input));
            final Tensor output;
            try (GradientMode off = GradientMode.off()) {
                final Optional<BatchNorm2d.Statistics> first =
                        before.map(norm -> keep(kept, norm.statistics(input, context)));
                final Tensor slid = slid(input, first, context);
                if (after.isPresent()) {
                    final BatchNorm2d.Statistics second = keep(kept, after.get().statistics(slid, context));
                    final Tensor normed = after.get().normalised(slid, second);
                    output = added == null ? normed : normed.add_(added).relu_();
                    if (!sliding.isCheap()) {
                        kept.add(slid);
                    }
                } else {
                    output = slid;
                }
            }
            final List<Tensor> inputs = new ArrayList<>(List.of(input));
            sliding.weight().ifPresent(weight -> inputs.add(weight.value()));
            for (Optional<BatchNorm2d> norm : List.of(before, after)) {
                norm.ifPresent(n -> n.parameters().forEach(parameter -> inputs.add(parameter.value())));
            }
            if (added != null) {
                inputs.add(added);
                kept.add(output);
            }
            return scope.keep(CustomGradients.output(output, inputs, kept, (gradient, k, gradients) -> {
                new Backward(k, added != null, gradients, context).run(gradient);
            }));
        }
    }

    /** What comes out of {@link #sliding}; what goes into it dies here. */
    private Tensor slid(Tensor input, Optional<BatchNorm2d.Statistics> first, ForwardContext context) {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(sliding.forward(hidden(input, first), context));
        }
    }

    private static BatchNorm2d.Statistics keep(List<Tensor> kept, BatchNorm2d.Statistics statistics) {
        kept.addAll(List.of(statistics.mean(), statistics.variance()));
        return statistics;
    }

    private static BatchNorm2d.Statistics kept(Iterator<Tensor> kept, ForwardContext context, BatchNorm2d norm) {
        return new BatchNorm2d.Statistics(kept.next(), kept.next(), norm.usesBatch(context));
    }

    /** What {@link #sliding} is applied to. */
    private Tensor hidden(Tensor input, Optional<BatchNorm2d.Statistics> first) {
        return first.map(statistics ->
                        before.orElseThrow().normalised(input, statistics).relu_())
                .orElse(input);
    }

    /** One pass back. */
    private final class Backward {
        private final List<Tensor> kept;
        private final Tensor input;
        private final Optional<BatchNorm2d.Statistics> first;
        private final Optional<BatchNorm2d.Statistics> second;
        private final Optional<Tensor> slid;
        private final Optional<Tensor> output;
        private final CustomGradients.Gradients gradients;
        private final ForwardContext context;
        private final int ofFirst;
        private final int ofSecond;

        /** Takes what {@link #keepingLess} kept, in its order. */
        Backward(List<Tensor> kept, boolean added, CustomGradients.Gradients gradients, ForwardContext context) {
            final Iterator<Tensor> each = kept.iterator();
            this.kept = kept;
            this.input = each.next();
            this.first = before.map(norm -> kept(each, context, norm));
            this.second = after.map(norm -> kept(each, context, norm));
            this.slid = after.isPresent() && !sliding.isCheap() ? Optional.of(each.next()) : Optional.empty();
            this.output = added ? Optional.of(each.next()) : Optional.empty();
            this.gradients = gradients;
            this.context = context;
            this.ofFirst = sliding.weight().isPresent() ? 2 : 1;
            this.ofSecond = ofFirst + (before.isPresent() ? 2 : 0);
        }

        void run(Tensor gradient) {
            try (TensorScope scope = TensorScope.open()) {
                throughSliding(gradient)
                        .map(found -> first.map(
                                        with -> before.orElseThrow().gradient(found, input, with, gradients, ofFirst))
                                .orElse(found))
                        .ifPresent(found -> gradients.set(0, found));
            }
        }

        /** The gradient of what comes out of the first norm, or of the input where there is none, if it is wanted. */
        private Optional<Tensor> throughSliding(Tensor gradient) {
            try (TensorScope scope = TensorScope.open()) {
                final Tensor hidden = hidden(input, first);
                final Tensor ofSlid = second.map(with -> throughSecond(gradient, hidden, with))
                        .orElse(gradient);
                final boolean ofHidden = wanted(0, 0) || first.isPresent() && wanted(ofFirst, ofFirst + 1);
                final Optional<Tensor> found = sliding.gradient(ofSlid, hidden, ofHidden, gradients, 1);
                return found.map(scope::keep)
                        .map(tensor -> first.isPresent() ? rectified(tensor, tensor, hidden) : tensor);
            }
        }

        private boolean wanted(int from, int to) {
            return IntStream.rangeClosed(from, to).anyMatch(gradients::wanted);
        }

        private Tensor throughSecond(Tensor gradient, Tensor hidden, BatchNorm2d.Statistics statistics) {
            try (TensorScope scope = TensorScope.open()) {
                final Tensor ofSum =
                        output.map(sum -> throughSum(gradient, sum)).orElse(gradient);
                final Tensor normed = slid.orElseGet(() -> sliding.forward(hidden, context));
                return scope.keep(after.orElseThrow().gradient(ofSum, normed, statistics, gradients, ofSecond));
            }
        }

        /** Written over the gradient, if nobody else has it; the sum dies here. */
        private Tensor throughSum(Tensor gradient, Tensor sum) {
            final boolean ours = Tensors.isUnshared(gradient) && gradient.is_contiguous(sum.suggest_memory_format());
            final Tensor ofSum = rectified(ours ? new Tensor(gradient) : torch.empty_like(sum), gradient, sum);
            gradients.set(ofSecond + 2, ofSum);
            kept.remove(kept.size() - 1).close();
            return ofSum;
        }
    }

    /** The gradient of what was rectified, written into a tensor. */
    private static Tensor rectified(Tensor to, Tensor gradient, Tensor output) {
        torch.threshold_backward_out(to, gradient, output, new Scalar(0));
        return to; // What the call gives is another handle on it, which owns nothing.
    }
}
