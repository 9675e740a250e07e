package dev.finetune.internal.run;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.saving.WholeRead;
import dev.finetune.peft.PeftMethod;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Reads what a draft names, a local model and perhaps an adapter, as a whole: while others save there, all that is read is
 * of one act of saving, and what was saved by this library is compared with the checksums that it was saved with.
 */
public final class ModelReading {
    private ModelReading() {}

    /**
     * Reads.
     *
     * @param reader gets the draft, which names where the files lie now; may be called again if others saved meanwhile
     * @param discard closes what was read in vain
     * @throws FinetuneException if files were changed after they were saved
     */
    static <T> T whole(Draft draft, Function<Draft, T> reader, Consumer<T> discard) {
        return read(draft, true, reader, discard);
    }

    /** The same without comparing, for small things that the model is put together from later. */
    static <T> T look(Draft draft, Function<Draft, T> reader) {
        return read(draft, false, reader, looked -> {});
    }

    private static <T> T read(Draft draft, boolean isChecked, Function<Draft, T> reader, Consumer<T> discard) {
        final List<Path> directories = new ArrayList<>();
        directory(draft).ifPresent(directories::add);
        draft.adapter().directory().filter(Files::isDirectory).ifPresent(directories::add);
        return new WholeRead(directories, isChecked)
                .read(
                        places -> {
                            draft.adapter()
                                    .directory()
                                    .map(places)
                                    .ifPresent(now -> checkAdapter(draft.adapter(), now));
                            return reader.apply(draft.readAt(places));
                        },
                        discard);
    }

    /** What an adapter's directory says of how a model is adapted. */
    public static PeftMethod adapter(Path directory) {
        return Files.isDirectory(directory)
                ? WholeRead.of(directory).read(places -> AdapterFiles.read(places.apply(directory)), read -> {})
                : AdapterFiles.read(directory);
    }

    /** The tuner was told an adapter's settings when it was named, and reads its weights now. */
    private static void checkAdapter(SaidAdapter said, Path place) {
        final PeftMethod then = said.method().orElseThrow();
        final PeftMethod now = AdapterFiles.read(place);
        if (!now.equals(then)) {
            throw new FinetuneException("The adapter in " + said.directory().orElseThrow()
                    + " has been replaced since adapter(...) named it:" + " then it was " + then + ", now it is " + now
                    + ". Call adapter(...) again.");
        }
    }

    /** Where a local model lies; empty for one of the hub, whose files don't change. */
    private static Optional<Path> directory(Draft draft) {
        final String name = draft.source().name();
        return ModelPlace.localDirectory(name)
                .or(() -> ModelPlace.localFile(name)
                        .map(file -> file.toAbsolutePath().getParent()));
    }
}
