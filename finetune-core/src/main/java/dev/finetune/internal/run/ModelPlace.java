package dev.finetune.internal.run;

import com.google.gson.JsonObject;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.hub.FilesNeeded;
import dev.finetune.hub.Hub;
import dev.finetune.hub.HubAccess;
import dev.finetune.hub.PackedModel;
import dev.finetune.hub.Pretrained;
import dev.finetune.hub.ResolvedModel;
import dev.finetune.spi.ModelConfig;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Where a model's files lie.
 *
 * @param directory what lies beside the weights: config.json, tokenizer or preprocessor files
 * @param weights the file of weights, or the directory where they are found
 * @param base what it is called in reports: a path, or an id and its commit
 */
public record ModelPlace(Path directory, Path weights, String base) {
    /** A model of the class path, a local file of weights, a local directory, or the files of a model of the hub. */
    static ModelPlace find(Draft draft) {
        final ModelSource source = draft.source();
        final String name = source.name();
        final UnaryOperator<Path> places = source.places();
        if (source.local()) {
            checkExists(Path.of(name));
        }
        final Optional<Pretrained> packed = PackedModels.of(source);
        if (packed.isPresent()) {
            return packed(source.hub(), packed.get());
        }
        final Optional<Path> file = localFile(name);
        if (file.isPresent() || localDirectory(name).isPresent()) {
            checkWithoutRevision(name, source.hub());
        }
        if (file.isPresent()) {
            final Path directory = places.apply(file.get().toAbsolutePath().getParent());
            return new ModelPlace(directory, directory.resolve(file.get().getFileName()), name);
        }
        final boolean isBase = draft.adapter().directory().isPresent();
        if (!isBase) {
            localDirectory(name).map(places).ifPresent(AdapterFiles::refuseIn);
        }
        final HubAccess access = source.hub();
        final ResolvedModel found = new Hub(access.orFromEnvironment(), access.downloads())
                .locate(name, access.revision(), FilesNeeded.model());
        final Path directory = places.apply(found.directory());
        if (!isBase) {
            AdapterFiles.refuseIn(directory);
        }
        return new ModelPlace(
                directory, directory, name + found.commit().map(c -> " at " + c).orElse(""));
    }

    private static ModelPlace packed(HubAccess hub, Pretrained model) {
        if (hub.choosesRevision()) {
            throw new FinetuneException("hub(h -> h.revision(\"" + hub.revision() + "\")) chooses among the versions of"
                    + " a model of the hub, but " + model.name() + " comes on the class path, in the one version of its"
                    + " jar: leave hub(h -> h.revision(...)) out.");
        }
        final Path directory = new PackedModel(model, hub.orFromEnvironment()).directory();
        return new ModelPlace(directory, directory, model.name());
    }

    /**
     * Checks a path that was given as one, and so never names a model of the hub.
     *
     * @throws FinetuneException if nothing is there, or if it isn't a path of the machine's own file system
     */
    public static void checkExists(Path directoryOrFile) {
        if (directoryOrFile.getFileSystem() != FileSystems.getDefault()) {
            throw new FinetuneException(directoryOrFile.toUri() + " lies in no file system of the machine's own, and a"
                    + " model is read from such: copy it to a directory first.");
        }
        if (!Files.exists(directoryOrFile)) {
            throw new FinetuneException("There is no model at "
                    + directoryOrFile.toAbsolutePath().normalize()
                    + ": neither a directory nor a file is there. Check the path"
                    + (directoryOrFile.isAbsolute()
                            ? ""
                            : ", which counts from " + Path.of("").toAbsolutePath())
                    + "; a model of the hub is named by a String, FineTuner.from(\"organisation/name\").");
        }
    }

    /** Refuses a revision of what is local. */
    static void checkWithoutRevision(String name, HubAccess hub) {
        if (hub.choosesRevision()) {
            throw new FinetuneException("hub(h -> h.revision(\"" + hub.revision() + "\")) chooses among the versions of"
                    + " a model of the hub, but " + Path.of(name).toAbsolutePath() + " is local and has only one: leave"
                    + " hub(h -> h.revision(...)) out, or name the model by its id.");
        }
    }

    /** What a model is called where others read it: an id as it is, of a local directory or file the name alone. */
    static String shown(String model) {
        return path(model)
                .filter(place -> !model.isEmpty() && (place.isAbsolute() || Files.exists(place)))
                .map(place -> place.toAbsolutePath().normalize().getFileName())
                .map(Path::toString)
                .orElse(model);
    }

    private static Optional<Path> path(String model) {
        try {
            return Optional.of(Path.of(model));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }

    /** A local directory of that name, if there is one. */
    static Optional<Path> localDirectory(String model) {
        return path(model).filter(Files::isDirectory);
    }

    /** A local file of that name, if there is one. */
    static Optional<Path> localFile(String model) {
        return path(model).filter(Files::isRegularFile);
    }

    /** Its config.json; for weights that come without one, what a family tells from the tensors' names and shapes. */
    ModelConfig config() {
        final ModelConfig config = readOrTold();
        config.refuseOtherComputations();
        return config;
    }

    private ModelConfig readOrTold() {
        if (Files.isRegularFile(directory.resolve("config.json")) || !Weights.areIn(weights)) {
            return ModelConfig.read(directory);
        }
        try (Weights open = Weights.open(weights)) {
            final JsonObject told = Families.describe(open)
                    .orElseThrow(() -> new FinetuneException("There is no config.json in " + directory.toAbsolutePath()
                            + ", and no family on the class path knows the weights in " + open.files()
                            + " by the names of their tensors, which start with "
                            + open.names().stream().limit(3).toList()
                            + ". Put the config.json of the model beside them. " + Families.supported()));
            return ModelConfig.of(open.files().get(0), told);
        }
    }
}
