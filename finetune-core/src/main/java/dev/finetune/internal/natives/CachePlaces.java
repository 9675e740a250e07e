package dev.finetune.internal.natives;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the cache of native libraries may lie.
 *
 * @param around what the process was told
 */
record CachePlaces(Surroundings around) {
    static final String PROPERTY = "dev.finetune.nativeCache";
    static final String VARIABLE = "FINETUNE_NATIVE_CACHE";

    /**
     * A directory that somebody named.
     *
     * @param directory absolute
     * @param by what named it
     */
    record Named(Path directory, String by) {
        static Named of(String text, String by) {
            return new Named(Path.of(text).toAbsolutePath().normalize(), by);
        }
    }

    /** The one that the user asked for. */
    Optional<Named> asked() {
        return around.property(PROPERTY)
                .map(text -> Named.of(text, "the system property " + PROPERTY))
                .or(() ->
                        around.variable(VARIABLE).map(text -> Named.of(text, "the environment variable " + VARIABLE)));
    }

    /** The usual one, in the user's own cache; none for a user without a home. */
    Optional<Path> usual() {
        return usersCache()
                .map(cache -> cache.resolve("finetune").resolve("natives").normalize());
    }

    private Optional<Path> usersCache() {
        final Optional<Path> home = around.home().filter(Files::isDirectory);
        if (around.isWindows()) {
            return around.absoluteVariable("LOCALAPPDATA")
                    .or(() -> home.map(there -> there.resolve("AppData").resolve("Local")));
        }
        if (around.isMac()) {
            return home.map(there -> there.resolve("Library").resolve("Caches"));
        }
        return around.absoluteVariable("XDG_CACHE_HOME").or(() -> home.map(there -> there.resolve(".cache")));
    }
}
