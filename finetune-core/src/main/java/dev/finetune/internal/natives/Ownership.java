package dev.finetune.internal.natives;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Whose a file is and who may write it, as Unix keeps it.
 *
 * @param uid the owner's number
 * @param mode type and permissions, as stat(2) gives them
 */
record Ownership(int uid, int mode) {
    private static final int ROOT = 0;
    private static final int TYPE = 0170000;
    private static final int LINK = 0120000;
    private static final int DIRECTORY = 0040000;
    private static final int STICKY = 01000;
    private static final Path STATUS = Path.of("/proc/self/status");

    /** Whether this system keeps it: all do but Windows. */
    static boolean isKept() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    }

    /** Of the file itself; of a symbolic link, not of what it points to. */
    static Ownership of(Path file) throws IOException {
        final Map<String, Object> found = Files.readAttributes(file, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        return new Ownership(number(found, "uid"), number(found, "mode"));
    }

    private static int number(Map<String, Object> found, String name) {
        return (Integer) Objects.requireNonNull(found.get(name), name);
    }

    /** The number of the user whom this process acts for. */
    static int ofProcess() throws IOException {
        if (Files.isReadable(STATUS)) {
            // "Uid:" with the real, the effective, the saved and the file system's.
            final Optional<String> line = Files.readAllLines(STATUS).stream()
                    .filter(text -> text.startsWith("Uid:"))
                    .findFirst();
            if (line.isPresent()) {
                return (int) Long.parseLong(line.get().split("\\s+")[2]);
            }
        }
        final Path made = Files.createTempFile("finetune", null);
        try {
            return of(made).uid();
        } finally {
            Files.delete(made);
        }
    }

    boolean isLink() {
        return (mode & TYPE) == LINK;
    }

    boolean isDirectory() {
        return (mode & TYPE) == DIRECTORY;
    }

    boolean isOfOneOf(int user) {
        return uid == user || uid == ROOT;
    }

    /** Whether only the owner of an entry may rename or remove it. */
    boolean isSticky() {
        return (mode & STICKY) != 0;
    }

    boolean othersMayWrite() {
        return (mode & 0002) != 0;
    }

    boolean groupMayWrite() {
        return (mode & 0020) != 0;
    }

    /** Whether others than the owner may do anything there. */
    boolean isOpenToOthers() {
        return (mode & 0077) != 0;
    }

    String permissions() {
        return Integer.toOctalString(mode & 07777);
    }

    /** Whether a file's group is its owner's own, as many systems make one of the same name for each user. */
    static boolean groupIsTheOwners(Path file) throws IOException {
        final PosixFileAttributes found =
                Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        return found.group().getName().equals(found.owner().getName());
    }
}
