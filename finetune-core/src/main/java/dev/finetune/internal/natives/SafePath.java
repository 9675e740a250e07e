package dev.finetune.internal.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether nobody but a user, or root, can put another file where a path leads: of every directory and every symbolic link on
 * the way only those two may be the owner, and nobody else may write there, unless the directory is sticky as /tmp is.
 *
 * @param user the user's number
 * @param mounts the file systems
 */
record SafePath(int user, Mounts mounts) {
    private static final int MOST_LINKS = 40;

    /** What is wrong with the way to a directory that exists, itself included. */
    Optional<Refusal> whyNot(Path absolute) throws IOException {
        return whyNot(absolute, 0);
    }

    private Optional<Refusal> whyNot(Path absolute, int links) throws IOException {
        if (links > MOST_LINKS) {
            return Optional.of(Refusal.exposed(absolute + " leads through too many symbolic links"));
        }
        Path at = absolute.getRoot();
        Optional<Refusal> wrong = whyNotDirectory(at);
        for (Path name : absolute) {
            if (wrong.isPresent()) {
                return wrong;
            }
            final Path next = at.resolve(name);
            final Ownership found = Ownership.of(next);
            if (!found.isLink()) {
                wrong = whyNotDirectory(next);
                at = next;
            } else if (found.isOfOneOf(user)) {
                wrong = whyNot(at.resolve(Files.readSymbolicLink(next)).normalize(), links + 1);
                at = next.toRealPath();
            } else {
                wrong = Optional.of(Refusal.exposed(
                        "the symbolic link " + next + " belongs to another user (uid " + found.uid() + ")"));
            }
        }
        return wrong;
    }

    private Optional<Refusal> whyNotDirectory(Path real) throws IOException {
        final Ownership found = Ownership.of(real);
        if (!found.isOfOneOf(user)) {
            return Optional.of(Refusal.exposed(
                    real + " belongs to another user (uid " + found.uid() + "; this process runs as " + user + ")"));
        }
        if (found.isSticky() || mounts.isContainersVolume(real)) {
            return Optional.empty();
        }
        if (found.othersMayWrite() || found.groupMayWrite() && !Ownership.groupIsTheOwners(real)) {
            return Optional.of(Refusal.exposed("others can write to " + real + " (mode " + found.permissions() + ")"));
        }
        return Optional.empty();
    }
}
