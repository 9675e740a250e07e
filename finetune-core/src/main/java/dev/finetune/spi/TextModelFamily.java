package dev.finetune.spi;

/**
 * A {@link ModelFamily} that reads texts, named in {@code META-INF/services/dev.finetune.spi.TextModelFamily}. That is
 * another file than the one of {@link ImageModelFamily}: where jars are merged into one and only the first file of each
 * name is kept, both kinds of families are still found.
 */
public interface TextModelFamily extends ModelFamily {}
