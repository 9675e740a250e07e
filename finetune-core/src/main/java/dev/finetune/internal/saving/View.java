package dev.finetune.internal.saving;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The new files of a directory whose commit can't be carried out by this process, which may not write there: links in a
 * folder of its own.
 */
final class View implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(View.class);

    private final Path parent;
    private final Path path;

    private View(Path parent, Path path) {
        this.parent = parent;
        this.path = path;
    }

    static View of(Path real, Commit commit) throws IOException {
        final Path parent = Files.createTempDirectory("finetune-view-");
        final Path name = real.getFileName();
        final View view =
                new View(parent, Files.createDirectory(parent.resolve(name == null ? "model" : name.toString())));
        boolean done = false;
        try {
            for (String file : commit.files().keySet()) {
                link(view.path.resolve(file), commit.place(real, file));
            }
            final Set<String> gone = new HashSet<>(commit.files().keySet());
            gone.addAll(commit.removed());
            view.linkOthers(real, "", gone);
            done = true;
            return view;
        } finally {
            if (!done) {
                view.close();
            }
        }
    }

    private void linkOthers(Path real, String folder, Set<String> gone) throws IOException {
        try (Stream<Path> entries = Files.list(real.resolve(folder))) {
            for (Path entry : entries.toList()) {
                final String name = folder + entry.getFileName();
                final boolean isOwn = entry.getFileName().toString().startsWith(DirectorySave.OWN);
                if (gone.stream().anyMatch(file -> file.startsWith(name + "/"))) {
                    Files.createDirectory(path.resolve(name));
                    linkOthers(real, name + "/", gone);
                } else if (!isOwn && !gone.contains(name)) {
                    link(path.resolve(name), entry);
                }
            }
        }
    }

    private static void link(Path link, Path file) throws IOException {
        try {
            Files.createSymbolicLink(link, file);
        } catch (FileSystemException | UnsupportedOperationException e) { // Windows, for most of its users.
            Files.copy(file, link);
        }
    }

    Path path() {
        return path;
    }

    /** Whether a file is no longer where it was. */
    boolean isBroken() throws IOException {
        try (Stream<Path> links = Files.walk(path)) {
            return links.anyMatch(link -> !Files.exists(link));
        }
    }

    @Override
    public void close() {
        try {
            DirectorySave.removeFolder(parent, new Disk());
        } catch (IOException e) {
            LOG.debug("{} couldn't be removed", parent, e);
        }
    }
}
