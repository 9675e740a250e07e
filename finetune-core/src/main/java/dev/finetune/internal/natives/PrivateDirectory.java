package dev.finetune.internal.natives;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Iterator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A directory for code that will be run: only this user can write there, or put another in its place, and nothing in it was
 * made by anybody else. Windows keeps the user's folders private by itself; there, only whether it can be written is asked.
 */
final class PrivateDirectory {
    private static final FileAttribute<?>[] OWNERS_ONLY = Ownership.isKept()
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
            }
            : new FileAttribute<?>[0];

    private PrivateDirectory() {}

    /**
     * Makes a directory and those above it that aren't there, each for its owner alone, and looks at what is there.
     *
     * @return why it can't be taken
     */
    static Optional<Refusal> prepare(Path directory, Mounts mounts) {
        try {
            make(directory);
            return whyNot(directory, mounts);
        } catch (IOException e) {
            return Optional.of(Refusal.unusable(directory + " can't be made or read (" + reason(e) + ")"));
        }
    }

    /** What an exception says, with its kind where the text is only a path. */
    static String reason(IOException e) {
        return e.getClass().getSimpleName().replace("Exception", "") + ": " + e.getMessage();
    }

    /** Makes a directory, and those above it, each for its owner alone. */
    static void make(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory, OWNERS_ONLY);
        }
    }

    /** A new directory of that prefix and a name that nobody can foresee. */
    static Path makeNew(Path parent, String prefix) throws IOException {
        return Files.createTempDirectory(parent, prefix, OWNERS_ONLY);
    }

    /** Why a directory that is there can't be taken, for all that it holds. */
    static Optional<Refusal> whyNot(Path directory, Mounts mounts) throws IOException {
        final Path real = directory.toRealPath();
        if (Ownership.isKept()) {
            final int user = Ownership.ofProcess();
            final Ownership found = Ownership.of(real);
            if (found.uid() != user) {
                return Optional.of(Refusal.tampered(directory + " belongs to another user (uid " + found.uid()
                        + "; this process runs as " + user + ")"));
            }
            if (found.othersMayWrite() || found.groupMayWrite()) {
                return Optional.of(Refusal.tampered("others can write to " + directory + " (mode " + found.permissions()
                        + "), so that they may have put something there already"));
            }
            final Optional<Refusal> onTheWay = new SafePath(user, mounts).whyNot(directory);
            if (onTheWay.isPresent()) {
                return onTheWay;
            }
            final Optional<Refusal> inside = whyNotInside(real, user);
            if (inside.isPresent()) {
                return inside;
            }
        }
        return whyUnusable(real, mounts);
    }

    /** Whether files can be made in a directory, and run from there. */
    static Optional<Refusal> whyUnusable(Path real, Mounts mounts) {
        if (!Files.isWritable(real) || !Files.isReadable(real) || !Files.isExecutable(real)) {
            return Optional.of(Refusal.unusable(real + " can't be written"));
        }
        if (mounts.forbidExecution(real)) {
            return Optional.of(
                    Refusal.unusable(real + " is on a file system that runs no programs (mounted with noexec)"));
        }
        return Optional.empty();
    }

    private static Optional<Refusal> whyNotInside(Path real, int user) throws IOException {
        try (Stream<Path> files = Files.walk(real)) {
            for (Iterator<Path> each = files.iterator(); each.hasNext(); ) {
                final Path file = each.next();
                final Ownership found = Ownership.of(file);
                if (!found.isOfOneOf(user)) {
                    return Optional.of(
                            Refusal.tampered(file + " was put there by another user (uid " + found.uid() + ")"));
                }
            }
            return Optional.empty();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
