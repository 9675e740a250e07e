package dev.finetune.batch;

/** How the values of pictures lie in memory while a network computes. Results differ by rounding only. */
public enum MemoryFormat {
    /** The faster one: channels last on GPUs, and elsewhere for pictures from 128 pixels of height on. */
    AUTO,
    /** One channel after the other (NCHW). */
    CONTIGUOUS,
    /** All channels of a pixel side by side (NHWC). */
    CHANNELS_LAST
}
