package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

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

    /** The outputs mixed anew at each place: a linear layer unless the layer convolves (kernel 1 then), without bias. */
    default Tensor mix(Tensor narrow, Tensor weight) {
        return torch.linear(narrow, weight);
    }

    /** A number for each input, or each output, in the shape that multiplies them: as it is, where they come last. */
    default Tensor perChannel(Tensor vector) {
        return vector;
    }
}
