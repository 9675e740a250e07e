package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;

/** A layer with a weight, as what adapts it sees it. */
interface AdaptedLayer {
    /** The layer's own weight; borrowed. */
    Tensor weight();

    /** The layer with its own weight and bias. */
    Tensor plain(Tensor input);

    /** The layer with another weight and no bias. */
    Tensor apply(Tensor input, Tensor weight);

    /** An output of {@link #plain} without the layer's bias. */
    Tensor unbiased(Tensor output);

    /** The outputs mixed anew at each place: a linear layer, or a convolution of kernel 1, without bias. */
    Tensor mix(Tensor narrow, Tensor weight);

    /** A number for each input, or each output, in the shape that multiplies them. */
    Tensor perChannel(Tensor vector);
}
