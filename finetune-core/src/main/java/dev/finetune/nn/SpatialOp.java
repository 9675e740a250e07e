package dev.finetune.nn;

import dev.finetune.internal.torch.CustomGradients;
import dev.finetune.nn.OperatorGraph.Value;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** What slides over pictures (batch, channels, height, width), a convolution or a pool, and knows its gradients. */
public interface SpatialOp extends Module {
    /**
     * Applies it.
     *
     * @param input (batch, channels, height, width)
     * @param context of this pass: whether it trains, and what dropout draws from
     * @return (batch, channels given, rows given, columns given), in the current scope
     */
    Tensor forward(Tensor input, ForwardContext context);

    /**
     * Draws it.
     *
     * @param graph where
     * @param input (batch, channels, height, width)
     * @return (batch, channels given, rows given, columns given)
     */
    Value draw(OperatorGraph graph, Value input);

    /** {@return the weight that the gradients are of, besides the input; empty if it has none} */
    Optional<Parameter> weight();

    /**
     * {@return whether {@link #forward} depends on the input and {@link #weight} alone, so that the gradients are all}
     */
    boolean isPlain();

    /**
     * {@return whether it takes so few operations for each number of its output that these are better computed again
     * than kept}
     */
    boolean isCheap();

    /**
     * Computes its gradients where it {@link #isPlain}, in the current scope.
     *
     * @param gradient of the output
     * @param input that it was applied to
     * @param ofInput whether the input's gradient is wanted
     * @param gradients takes that of the weight
     * @param place of the weight there
     * @return the gradient of the input; empty if it isn't wanted
     */
    Optional<Tensor> gradient(
            Tensor gradient, Tensor input, boolean ofInput, CustomGradients.Gradients gradients, int place);
}
