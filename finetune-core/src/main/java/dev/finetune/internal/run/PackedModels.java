package dev.finetune.internal.run;

import dev.finetune.hub.Pretrained;
import dev.finetune.spi.PretrainedModels;
import java.util.Optional;
import java.util.ServiceLoader;

/** Models that come in jars: those that were given, and those that a name stands for. */
final class PackedModels {
    private PackedModels() {}

    /** The model that training starts from, if it is one; a local file or directory of that name comes first. */
    static Optional<Pretrained> of(ModelSource source) {
        if (source.pretrained().isPresent()
                || source.local()
                || ModelPlace.localFile(source.name()).isPresent()
                || ModelPlace.localDirectory(source.name()).isPresent()) {
            return source.pretrained();
        }
        return ServiceLoader.load(PretrainedModels.class, PackedModels.class.getClassLoader()).stream()
                .flatMap(provider -> provider.get().models().stream())
                .filter(model -> model.name().equals(source.name()))
                .findFirst();
    }
}
