package dev.finetune.spi;

/**
 * A {@link ModelFamily} that reads pictures, named in {@code META-INF/services/dev.finetune.spi.ImageModelFamily}. That is
 * another file than the one of {@link TextModelFamily}: where jars are merged into one and only the first file of each
 * name is kept, both kinds of families are still found.
 */
public interface ImageModelFamily extends ModelFamily {}
