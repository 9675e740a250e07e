package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;

/** What is trained beside, or into, the frozen weights of a layer. */
public sealed interface Adapter extends Module permits LowRank, Scaling {
    /** What the adapted layer gives for an input. */
    Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context);

    /** A weight, or bias, of the layer with the adapter taken in, in the current scope. */
    Tensor merged(Tensor value);
}
