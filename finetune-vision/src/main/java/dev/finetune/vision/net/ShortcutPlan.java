package dev.finetune.vision.net;

/** What a residual block adds to what it computed. */
public sealed interface ShortcutPlan {
    /** The block's input. */
    record Identity() implements ShortcutPlan {}

    /**
     * A projection of the input.
     *
     * @param averaged the side and stride of the average pool before the convolution; 1 for none
     * @param projection the convolution, 1 x 1
     */
    record Projection(long averaged, ConvPlan projection) implements ShortcutPlan {}

    /**
     * Every stride-th pixel, with channels of zeros before and after: option A of He et al., "Deep residual learning for
     * image recognition", 2016, as the CIFAR networks have it.
     *
     * @param stride in both directions
     * @param before channels of zeros in front
     * @param after channels of zeros behind
     */
    record PadChannels(long stride, long before, long after) implements ShortcutPlan {}
}
