package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.hub.HubAccess;
import dev.finetune.hub.Pretrained;
import dev.finetune.internal.Records;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What was said to start from.
 *
 * @param name a directory, a file, the name of a model of a jar, or an id
 * @param local whether it was said to be a path
 * @param pretrained what was said to come on the class path
 * @param hub which version of a model of the hub, and where that is
 * @param places where the files of a local directory are to be read now
 */
public record ModelSource(
        String name, boolean local, Optional<Pretrained> pretrained, HubAccess hub, UnaryOperator<Path> places) {
    /**
     * Checks that there is what is local.
     *
     * @throws FinetuneException if a revision was said of a path
     */
    public ModelSource {
        if (local) {
            ModelPlace.checkWithoutRevision(name, hub);
        }
    }

    private static ModelSource of(String name, boolean local, Optional<Pretrained> pretrained) {
        return new ModelSource(name, local, pretrained, HubAccess.DEFAULT, UnaryOperator.identity());
    }

    /** A path, a name or an id. */
    public static ModelSource of(String name) {
        return of(name, false, Optional.empty());
    }

    /**
     * A path.
     *
     * @throws FinetuneException if nothing is there
     */
    public static ModelSource of(Path directoryOrFile) {
        ModelPlace.checkExists(directoryOrFile);
        return of(directoryOrFile.toString(), true, Optional.empty());
    }

    /** A model of the class path. */
    public static ModelSource of(Pretrained model) {
        return of(model.name(), false, Optional.of(model));
    }

    public ModelSource hub(HubAccess other) {
        return Records.with(this, "hub", other);
    }

    ModelSource readAt(UnaryOperator<Path> now) {
        return Records.with(this, "places", now);
    }

    @Override
    public String toString() {
        return ModelPlace.shown(name) + (hub.choosesRevision() ? " at " + hub.revision() : "");
    }
}
