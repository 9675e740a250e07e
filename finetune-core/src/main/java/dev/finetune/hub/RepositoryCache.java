package dev.finetune.hub;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * One model's folder in the cache, laid out as huggingface_hub does:
 *
 * <pre>
 * models--org--name/refs/main                 the commit that the branch was at when last asked
 * models--org--name/snapshots/COMMIT/FILE     a relative link to the blob
 * models--org--name/blobs/TAG                 contents, named by entity tag: git's SHA-1, or SHA-256 of large files
 * models--org--name/blobs/TAG.incomplete      a download to be resumed
 * models--org--name/.no_exist/COMMIT/FILE     an empty file: that commit is known not to have FILE
 * .locks/models--org--name/TAG.lock           held while the blob is written
 * </pre>
 *
 * @param root the cache directory
 * @param id the model
 * @param symlinks whether to try symbolic links
 * @param limits how large an index of shards may be
 */
record RepositoryCache(Path root, ModelId id, boolean symlinks, HubLimits limits) {

    static RepositoryCache of(HubSettings settings, ModelId id) {
        return new RepositoryCache(settings.cacheDirectory(), id, settings.symlinks(), settings.limits());
    }

    /**
     * What of the needed files a snapshot lacks, in words for a message.
     *
     * @param mandatory what a model can't do without
     * @param other what a model may lack, or may have at the hub only
     */
    record Lacking(List<String> mandatory, List<String> other) {
        boolean nothing() {
            return mandatory.isEmpty() && other.isEmpty();
        }
    }

    Path folder() {
        return root.resolve(id.folder());
    }

    Path snapshot(String commit) {
        return folder().resolve("snapshots").resolve(commit);
    }

    Path pointer(String commit, String file) {
        return snapshot(commit).resolve(file);
    }

    Path blob(String tag) {
        return folder().resolve("blobs").resolve(tag);
    }

    Path incomplete(String tag) {
        return folder().resolve("blobs").resolve(tag + ".incomplete");
    }

    Path lock(String tag) {
        return root.resolve(".locks").resolve(id.folder()).resolve(tag + ".lock");
    }

    /** The commit that the cache knows the revision as, if it holds a snapshot of it. */
    Optional<String> commitOf(Revision revision) throws IOException {
        Path ref = folder().resolve("refs").resolve(revision.name());
        Optional<String> commit = Optional.empty();
        if (revision.isCommit()) {
            commit = Optional.of(revision.name());
        } else if (Files.isRegularFile(ref)) {
            commit = Optional.of(Files.readString(ref).strip()).filter(SafeName::isSingle);
        }
        return commit.filter(known -> Files.isDirectory(snapshot(known)));
    }

    /** Compares a snapshot with what is needed, by the names of its files. */
    Lacking lacking(String commit, FilesNeeded needed) {
        List<String> mandatory = new ArrayList<>();
        List<String> other = new ArrayList<>();
        for (String file : needed.required()) {
            if (!has(commit, file)) {
                mandatory.add(file);
            }
        }
        for (FileAlternatives choice : needed.oneOf()) {
            if (!holds(commit, choice)) {
                (choice.mandatory() ? mandatory : other).add(choice.describe());
            }
        }
        return new Lacking(mandatory, other);
    }

    /** The preferred set that is there at all decides: half a set isn't passed over for a whole one behind it. */
    private boolean holds(String commit, FileAlternatives choice) {
        for (List<String> set : choice.alternatives()) {
            List<String> present =
                    set.stream().filter(file -> has(commit, file)).toList();
            if (!present.isEmpty()) {
                return present.size() == set.size()
                        && set.stream().filter(ShardIndex::isIndex).allMatch(index -> holdsShards(commit, index));
            }
        }
        return !choice.mandatory()
                && choice.alternatives().stream()
                        .allMatch(set -> set.stream().anyMatch(file -> Files.exists(absence(commit, file))));
    }

    private boolean holdsShards(String commit, String index) {
        return ShardIndex.shards(pointer(commit, index), index, limits).stream().allMatch(shard -> has(commit, shard));
    }

    /** Notes for ever that a commit doesn't have a file; a cache that can't be written to is left as it is. */
    void markAbsent(String commit, String file) {
        Path mark = absence(commit, file);
        try {
            if (!Files.exists(mark)) {
                Files.createDirectories(mark.getParent());
                Files.createFile(mark);
            }
        } catch (IOException e) {
            Hub.log.debug("Couldn't note that {} has no {}", commit, file, e);
        }
    }

    private Path absence(String commit, String file) {
        return folder().resolve(".no_exist").resolve(commit).resolve(file);
    }

    /** Notes which commit a branch or tag is at. */
    void writeRef(Revision revision, String commit) throws IOException {
        if (revision.name().equals(commit)) {
            return;
        }
        Path ref = folder().resolve("refs").resolve(revision.name());
        if (Files.isRegularFile(ref) && Files.readString(ref).equals(commit)) {
            return;
        }
        Files.createDirectories(ref.getParent());
        Path fresh = beside(ref);
        Files.writeString(fresh, commit);
        moveOver(fresh, ref);
    }

    /** Puts a blob into a snapshot under its name: by a relative symbolic link, else a hard link, else a copy. */
    void link(Path blob, Path pointer) throws IOException {
        Files.createDirectories(pointer.getParent());
        if (Files.isSymbolicLink(pointer)) {
            // It leads nowhere, or we wouldn't be asked.
            Files.deleteIfExists(pointer);
        }
        if (symlinks && trySymlink(blob, pointer)) {
            return;
        }
        if (!Files.exists(pointer) && !tryHardLink(blob, pointer)) {
            Path fresh = beside(pointer);
            Files.copy(blob, fresh);
            moveOver(fresh, pointer);
        }
    }

    private static boolean trySymlink(Path blob, Path pointer) {
        try {
            Files.createSymbolicLink(
                    pointer, Objects.requireNonNull(pointer.getParent()).relativize(blob));
            return true;
        } catch (FileAlreadyExistsException e) {
            return Files.exists(pointer);
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return false;
        }
    }

    private static boolean tryHardLink(Path blob, Path pointer) {
        try {
            Files.createLink(pointer, blob);
            return true;
        } catch (FileAlreadyExistsException e) {
            return Files.exists(pointer);
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return false;
        }
    }

    /** Renames a file so that readers see the old one or the new one, whole. */
    static void moveOver(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static Path beside(Path file) {
        return file.resolveSibling(
                file.getFileName() + "." + UUID.randomUUID().toString().substring(0, 8) + ".tmp");
    }

    /** Whether a file is in a snapshot: its link, if it is one, leads to a blob. */
    boolean has(String commit, String file) {
        return Files.isRegularFile(pointer(commit, file));
    }
}
