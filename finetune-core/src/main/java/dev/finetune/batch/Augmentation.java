package dev.finetune.batch;

/**
 * A random change of training inputs. The core only carries it to the family whose kind of input it changes, which
 * applies it when a training batch is collated; its {@code toString} is shown among the settings.
 */
public interface Augmentation {
    /** {@return the kind of input that it changes} */
    Class<?> inputType();
}
