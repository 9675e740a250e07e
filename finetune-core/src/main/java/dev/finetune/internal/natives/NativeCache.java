package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory that all native libraries are unpacked to and loaded from: LibTorch's and what it needs, the tokenizers',
 * JNA's. Nobody but this process's user can put anything there ({@link PrivateDirectory}).
 *
 * <p>It is the one that {@code -Ddev.finetune.nativeCache} or else {@code FINETUNE_NATIVE_CACHE} names; else
 * {@code finetune/natives} in the user's cache, which is {@code $XDG_CACHE_HOME} or {@code ~/.cache} on Linux,
 * {@code ~/Library/Caches} on macOS, {@code %LOCALAPPDATA%} on Windows; else, where that can't be written, a new one in
 * Java's folder for temporary files, which goes when the process ends.
 *
 * @param directory absolute; it is there
 * @param origin why it is this one
 * @param lasts whether the next process finds it
 */
public record NativeCache(Path directory, String origin, boolean lasts) {
    private static final Logger LOG = LoggerFactory.getLogger(NativeCache.class);
    private static final Once<NativeCache> FOUND =
            new Once<>(() -> find(Surroundings.here(), Mounts.here()).told());

    static final String HOW_TO_SET =
            "Name a directory that only you can write to, on a file system that runs programs," + " with -D"
                    + CachePlaces.PROPERTY + "=... or " + CachePlaces.VARIABLE + "=...; it is made if it isn't there.";

    /**
     * The one of this process.
     *
     * @throws FinetuneException if there is no place that is safe and can be written, with what is wrong with each
     */
    public static NativeCache get() {
        return FOUND.get();
    }

    private NativeCache told() {
        if (!lasts) {
            LOG.warn("Native libraries are unpacked to {}: {}", directory, origin);
        }
        return this;
    }

    static NativeCache find(Surroundings around, Mounts mounts) {
        final CachePlaces places = new CachePlaces(around);
        final Optional<CachePlaces.Named> asked = places.asked();
        if (asked.isPresent()) {
            check(asked.get(), mounts);
            return new NativeCache(
                    asked.get().directory(), "from " + asked.get().by(), true);
        }
        final Optional<Path> usual = places.usual();
        final Optional<Refusal> wrong = usual.isEmpty()
                ? Optional.of(Refusal.unusable("the user has no home directory (user.home is \""
                        + around.property("user.home").orElse("") + "\")"))
                : PrivateDirectory.prepare(usual.get(), mounts);
        if (wrong.isEmpty()) {
            return new NativeCache(usual.get(), "in the user's cache", true);
        }
        if (wrong.get().kind() == Refusal.Kind.TAMPERED) {
            throw refused(usual.get(), wrong.get());
        }
        return temporary(around, mounts, wrong.get());
    }

    private static NativeCache temporary(Surroundings around, Mounts mounts, Refusal usual) {
        final Path folder = Path.of(around.property("java.io.tmpdir").orElse("."));
        try {
            return new NativeCache(
                    TemporaryCache.make(folder, mounts),
                    "until this process ends, since " + usual.why()
                            + ". Every start unpacks some hundred megabytes anew. " + HOW_TO_SET,
                    false);
        } catch (IOException e) {
            throw new FinetuneException(
                    "There is no place for native libraries to be unpacked to: " + usual.why()
                            + "; nor can a directory in java.io.tmpdir be used: " + e.getMessage() + ". " + HOW_TO_SET,
                    e);
        }
    }

    private static void check(CachePlaces.Named named, Mounts mounts) {
        PrivateDirectory.prepare(named.directory(), mounts).ifPresent(wrong -> {
            throw new FinetuneException("The directory " + named.directory() + " for native libraries, from "
                    + named.by() + ", isn't used: " + wrong.why() + ". Change what that says. " + howToMend(wrong));
        });
    }

    private static FinetuneException refused(Path directory, Refusal wrong) {
        return new FinetuneException("The directory " + directory + " for native libraries isn't used: " + wrong.why()
                + ". " + howToMend(wrong));
    }

    private static String howToMend(Refusal wrong) {
        return switch (wrong.kind()) {
            case TAMPERED -> "Remove it and start again: it is made anew. Or: " + HOW_TO_SET;
            case EXPOSED -> "Whoever may do that could have their own code run in this process. " + HOW_TO_SET;
            case UNUSABLE -> HOW_TO_SET;
        };
    }

    /**
     * The part for one kind of library, made if it isn't there; or the directory that the user named by that library's own
     * settings, which has to be as safe.
     *
     * @param part such as "jna"
     * @param own what those settings say
     * @throws FinetuneException if that isn't safe, or can't be written
     */
    static Path part(String part, Optional<CachePlaces.Named> own) {
        if (own.isPresent()) {
            check(own.get());
            return own.get().directory();
        }
        final Path inside = get().directory().resolve(part);
        try {
            PrivateDirectory.make(inside);
        } catch (IOException e) {
            throw new FinetuneException(
                    inside + " can't be made (" + PrivateDirectory.reason(e) + "). " + HOW_TO_SET, e);
        }
        return inside;
    }

    /** Makes a directory that the user named, and looks at it. */
    static void check(CachePlaces.Named named) {
        check(named, Mounts.here());
    }

    /** Where it is, and why there. */
    public String describe() {
        return directory + ", only yours to write (" + origin + ")";
    }
}
