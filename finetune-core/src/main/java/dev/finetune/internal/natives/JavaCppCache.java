package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * Where JavaCPP unpacks LibTorch and what it needs: a part of {@link NativeCache}, unless the user named another by
 * JavaCPP's own property, or the application has used JavaCPP before.
 */
public final class JavaCppCache {
    private static final String PROPERTY = "org.bytedeco.javacpp.cachedir";

    private JavaCppCache() {}

    /**
     * The directory, safe and there.
     *
     * @throws FinetuneException if the user's isn't safe, or if no place can be had
     */
    public static Path directory() {
        final Surroundings around = Surroundings.here();
        final Optional<CachePlaces.Named> own = around.property(PROPERTY)
                .or(() -> around.property("org.bytedeco.javacpp.cacheDir"))
                .map(text -> CachePlaces.Named.of(text, "the system property " + PROPERTY));
        return NativeCache.part("javacpp", own);
    }

    /** Tells JavaCPP, which asks once. */
    public static TemporaryProperty use(Path directory) {
        return new TemporaryProperty(PROPERTY, directory.toString());
    }

    /**
     * Makes sure that JavaCPP took it: it would go elsewhere without a word, and stays with what the application used before.
     *
     * @throws FinetuneException if what it took isn't safe
     */
    public static void check(Path directory) {
        try {
            final Path taken = Loader.getCacheDir().toPath();
            if (!taken.equals(directory.toRealPath())) {
                NativeCache.check(new CachePlaces.Named(taken, "JavaCPP, which the application used before"));
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    "JavaCPP can't use " + directory + " (" + PrivateDirectory.reason(e) + "). "
                            + NativeCache.HOW_TO_SET,
                    e);
        }
    }
}
