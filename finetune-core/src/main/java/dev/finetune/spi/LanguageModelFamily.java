package dev.finetune.spi;

/**
 * A {@link ModelFamily} that writes texts, named in {@code META-INF/services/dev.finetune.spi.LanguageModelFamily}. That is
 * another file than those of {@link TextModelFamily} and {@link ImageModelFamily}: where jars are merged into one and only the
 * first file of each name is kept, all kinds of families are still found.
 */
public interface LanguageModelFamily extends ModelFamily {}
