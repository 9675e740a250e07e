package dev.finetune.internal.torch;

import org.bytedeco.pytorch.global.torch.ScalarType;

/** What mixed precision computes matrix products in: numbers of 16 bits, or float32 as everything else. */
public enum HalfPrecision {
    /** float32. */
    NONE(ScalarType.Float),
    /** bfloat16: float32's range, 8 bits of precision. */
    BFLOAT16(ScalarType.BFloat16),
    /** float16: numbers up to 65,504, 11 bits of precision. */
    FLOAT16(ScalarType.Half);

    private final ScalarType type;

    HalfPrecision(ScalarType type) {
        this.type = type;
    }

    /** {@return what LibTorch calls it} */
    public ScalarType type() {
        return type;
    }
}
