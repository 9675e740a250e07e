package dev.finetune.train;

/** The precision of matrix products; parameters, gradients and reductions stay in float32. */
public enum Precision {
    /** float32 throughout. */
    FLOAT32,
    /** bfloat16 autocast. GPUs of compute capability 8 (Ampere) and later, and processors with AMX, are fast in it. */
    BFLOAT16,
    /**
     * float16 autocast with dynamic loss scaling, for GPUs that are fast in float16 and not in bfloat16: compute capability 7
     * (Volta, Turing). A step whose gradients don't fit into float16 changes nothing, and its report's norm isn't finite: that is
     * usual in the first steps. Slow on most processors.
     */
    FLOAT16,
    /** bfloat16 on a GPU and where the processor has AMX, float32 elsewhere. */
    AUTO
}
