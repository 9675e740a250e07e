package dev.finetune.spi;

/**
 * What collation may depend on besides the rows.
 *
 * @param training whether the batch is trained on: augmentation and masking may differ from evaluation
 * @param seed the batch's own seed: equal seeds give equal batches, whatever thread collates them
 */
public record CollateContext(boolean training, long seed) {}
