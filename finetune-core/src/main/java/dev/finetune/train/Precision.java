package dev.finetune.train;

/** The precision of matrix products; parameters, gradients and reductions stay in float32. */
public enum Precision {
    /** float32 throughout. */
    FLOAT32,
    /** bfloat16 autocast. */
    BFLOAT16,
    /** bfloat16 where the processor (AMX) or GPU (compute capability 8 or later) gains by it, float32 elsewhere. */
    AUTO
}
