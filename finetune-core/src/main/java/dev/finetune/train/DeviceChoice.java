package dev.finetune.train;

/** Where to compute. */
public enum DeviceChoice {
    /** The GPU if one can be used, the CPU otherwise. */
    AUTO,
    /** The CPU. */
    CPU,
    /** The GPU; an error that says why, if none can be used. */
    CUDA
}
