package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;

/** What is trained beside, or into, the frozen weights of a layer. */
public sealed interface Adapter extends Module permits LowRank, Scaling {
    /**
     * {@return what the adapted layer gives for an input}
     *
     * @param input what the layer reads (borrowed)
     * @param layer computes what the layer gives by itself
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context);

    /**
     * {@return a weight, or bias, of the layer with the adapter taken in, in the current scope}
     *
     * @param value the layer's own (borrowed)
     */
    Tensor merged(Tensor value);
}
