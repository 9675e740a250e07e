package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where DJL unpacks the native tokenizers to: a part of {@link NativeCache}, unless the user named another by DJL's own
 * variables.
 */
public final class DjlCache {
    private static final String ENGINES = "ENGINE_CACHE_DIR";

    /** In DJL's order; each is a variable or a property. */
    private static final List<String> OWN = List.of(ENGINES, "DJL_CACHE_DIR");

    private DjlCache() {}

    /**
     * The directory, safe and there.
     *
     * @throws FinetuneException if the user's isn't safe, or if no place can be had
     */
    public static Path directory() {
        return NativeCache.part("djl", own(Surroundings.here()));
    }

    static Optional<CachePlaces.Named> own(Surroundings around) {
        return OWN.stream()
                .flatMap(name -> around.variable(name).or(() -> around.property(name)).stream()
                        .map(text ->
                                CachePlaces.Named.of(Path.of(text, "tokenizers").toString(), name)))
                .findFirst();
    }

    /** Tells DJL, which asks as it loads; where the user named a directory, it asks that. */
    public static TemporaryProperty use(Path directory) {
        final Optional<CachePlaces.Named> own = own(Surroundings.here());
        return new TemporaryProperty(
                ENGINES,
                own.map(named -> String.valueOf(named.directory().getParent())).orElse(directory.toString()));
    }
}
