package dev.finetune.internal.run;

import dev.finetune.hub.Pretrained;
import dev.finetune.spi.PretrainedModels;
import java.util.Optional;
import java.util.ServiceLoader;

/** Models that come in jars: those that were given, and those that a name stands for. */
final class PackedModels {
    private PackedModels() {}

    /** The model that a draft starts from, if it is one; a local file or directory of that name comes first. */
    static Optional<Pretrained> of(Draft draft) {
        if (draft.pretrained.isPresent()
                || draft.local
                || ModelPlace.localFile(draft.model).isPresent()
                || ModelPlace.localDirectory(draft.model).isPresent()) {
            return draft.pretrained;
        }
        return ServiceLoader.load(PretrainedModels.class, PackedModels.class.getClassLoader()).stream()
                .flatMap(provider -> provider.get().models().stream())
                .filter(model -> model.name().equals(draft.model))
                .findFirst();
    }
}
