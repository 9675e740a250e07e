package dev.finetune;

import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** The model families on the class path. */
final class Families {
    private Families() {}

    /** The family that can build what a configuration describes. */
    static ModelFamily of(ModelConfig config) {
        final List<ModelFamily> all = ServiceLoader.load(ModelFamily.class, Families.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        return all.stream()
                .filter(family -> family.recognises(config))
                .findFirst()
                .orElseThrow(() -> new FinetuneException(config.file() + " describes a model_type \""
                        + config.string("model_type", "(none)") + "\", architectures "
                        + config.strings("architectures") + ", which no family on the class path supports. "
                        + (all.isEmpty()
                                ? "There is no family at all: add finetune-bert (or another) to your dependencies."
                                : "Supported: "
                                        + all.stream()
                                                .map(family -> family.name() + " ("
                                                        + String.join(", ", family.modelTypes()) + ")")
                                                .collect(Collectors.joining(", "))
                                        + ".")));
    }
}
