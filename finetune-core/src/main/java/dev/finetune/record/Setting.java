package dev.finetune.record;

/**
 * A setting of a fit, in words.
 *
 * @param name such as "learning rate"
 * @param value such as "5e-5"
 * @param isDefault whether it is as it is where nothing is said
 */
public record Setting(String name, String value, boolean isDefault) {}
