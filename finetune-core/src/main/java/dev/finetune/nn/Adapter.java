package dev.finetune.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * What is trained beside, or into, the frozen weights of a layer. Its {@link #parameters()} become those of the layer's
 * network, which closes them.
 */
public interface Adapter extends Module {
    /**
     * {@return what the adapted layer gives for an input, in the current scope} Where that is bfloat16, it is cast to it.
     *
     * @param input what the layer reads (borrowed): floats, or, of a layer that is kept in bfloat16 or fewer bits, perhaps bfloat16
     * @param layer computes what the layer gives by itself
     * @param context of this pass: whether it trains, and what dropout draws from
     */
    Tensor forward(Tensor input, AdaptedLayer layer, ForwardContext context);

    /**
     * {@return the layer's weight with the adapter taken in, in the current scope: a layer of that weight alone gives what
     * {@link #forward} gives where nothing is dropped}
     *
     * @param weight the layer's own (borrowed), of its shape
     */
    Tensor merged(Tensor weight);

    /** {@return whether the layer's bias, where it has one, changes too when the adapter is taken in} */
    default boolean changesBias() {
        return false;
    }

    /**
     * {@return the layer's bias with the adapter taken in, in the current scope; asked for only where it {@linkplain
     * #changesBias() changes}}
     *
     * @param bias the layer's own (borrowed), of (out)
     */
    default Tensor mergedBias(Tensor bias) {
        throw new UnsupportedOperationException(getClass().getName() + " changes the bias, and doesn't say how");
    }
}
