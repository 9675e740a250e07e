package dev.finetune.spi;

import dev.finetune.error.FinetuneException;
import dev.finetune.head.Head;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Reads a head of someone's own from the config.json that it was saved with. Found with {@link ServiceLoader}: a module that
 * brings one names it in {@code META-INF/services/dev.finetune.spi.HeadFormat}. {@link Head#write} is its other half.
 */
public interface HeadFormat {
    /** {@return what the head calls itself there: {@link Head#savedAs()}} */
    String savedAs();

    /**
     * {@return the head}
     *
     * @param config that the model was saved with
     * @param labels the names of its outputs
     * @throws FinetuneException if the configuration doesn't describe one
     */
    Head read(ModelConfig config, List<String> labels);

    /**
     * {@return the head that a configuration names, by the format that knows it}
     *
     * @param name what the head called itself
     * @param config that the model was saved with
     * @param labels the names of its outputs
     * @throws FinetuneException if no format knows it
     */
    static Head readAny(String name, ModelConfig config, List<String> labels) {
        return ServiceLoader.load(HeadFormat.class, HeadFormat.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .filter(format -> format.savedAs().equals(name))
                .findFirst()
                .orElseThrow(() -> new FinetuneException(config.file() + ": the model was saved with the head \"" + name
                        + "\", which nothing on the class path or the module path reads: add the artifact that it comes"
                        + " from, in which META-INF/services/" + HeadFormat.class.getName() + " names what does."))
                .read(config, labels);
    }
}
