package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A layer with a weight, as what adapts it sees it: by itself, with what it computes with another weight, and its axes. */
public interface AdaptedLayer {
    /**
     * {@return the layer's own weight with the outputs first: (out, in), or (out, in / groups, ...) of a convolution;
     * borrowed}
     */
    Tensor weight();

    /**
     * {@return the layer with its own weight and bias, in the current scope; bfloat16 for an input in bfloat16}
     *
     * @param input what the layer reads (borrowed)
     */
    Tensor plain(Tensor input);

    /**
     * {@return the layer with another weight and no bias, in the current scope; floats, also for an input in bfloat16}
     *
     * @param input what the layer reads (borrowed)
     * @param weight its outputs first, as many as there may be
     */
    Tensor apply(Tensor input, Tensor weight);

    /**
     * {@return an output of {@link #plain} without the layer's bias, in the current scope}
     *
     * @param output what the layer gave (borrowed)
     */
    Tensor unbiased(Tensor output);

    /**
     * {@return outputs mixed anew at each place, without a bias, in the current scope: by a linear layer, or, where the layer
     * convolves, by a convolution that sees one place at a time}
     *
     * @param narrow what {@link #apply} gave (borrowed)
     * @param weight (out, narrow), or (out, narrow, 1, ...)
     */
    default Tensor mix(Tensor narrow, Tensor weight) {
        return torch.linear(narrow, weight);
    }

    /**
     * {@return a number for each input, or each output, in the shape that multiplies them: as it is, where they come last}
     *
     * @param vector (in) or (out) (borrowed)
     */
    default Tensor perChannel(Tensor vector) {
        return vector;
    }
}
