package dev.finetune.internal.natives;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
        final Strangers strangers = new Strangers(user);
        Files.walkFileTree(real, strangers);
        return Optional.ofNullable(strangers.found);
    }

    /** Looks for a file of another user. What vanishes meanwhile was one of ours: other processes replace what one that was killed left. */
    private static final class Strangers extends SimpleFileVisitor<Path> {
        private final int user;
        private @Nullable Refusal found;

        Strangers(int user) {
            this.user = user;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            return visitFile(directory, attributes);
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            final Ownership owner;
            try {
                owner = Ownership.of(file);
            } catch (NoSuchFileException e) {
                return FileVisitResult.CONTINUE;
            }
            if (owner.isOfOneOf(user)) {
                return FileVisitResult.CONTINUE;
            }
            found = Refusal.tampered(file + " was put there by another user (uid " + owner.uid() + ")");
            return FileVisitResult.TERMINATE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException why) throws IOException {
            if (why instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw why;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException why) throws IOException {
            return why instanceof NoSuchFileException
                    ? FileVisitResult.CONTINUE
                    : super.postVisitDirectory(directory, why);
        }
    }
}
