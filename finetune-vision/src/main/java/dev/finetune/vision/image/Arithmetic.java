package dev.finetune.vision.image;

/**
 * Whose rounding is followed where two references differ in the last bit. Both resize 8-bit pictures with antialiasing,
 * first along the rows, then along the columns, rounded to 8 bits in between.
 */
public enum Arithmetic {
    /**
     * PyTorch's kernel for 8-bit tensors, which Transformers' image processors use: weights of 16 bits; an odd margin
     * of a centre crop is rounded down.
     */
    TENSOR,
    /**
     * Pillow's, which torchvision and timm use when they evaluate: weights of 22 bits; half a pixel of a centre crop's
     * margin is rounded to the even neighbour.
     */
    PILLOW
}
