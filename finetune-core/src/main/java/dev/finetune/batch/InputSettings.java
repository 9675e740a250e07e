package dev.finetune.batch;

/**
 * How inputs become numbers, where a user wants it otherwise than the checkpoint says: a size of images, say. The core
 * only carries it to the family that reads that kind of input; its {@code toString} is shown among the settings.
 */
public interface InputSettings {
    /** {@return the kind of input that it is for} */
    Class<?> inputType();
}
