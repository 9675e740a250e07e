package dev.finetune.internal.natives;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The file systems of a Linux process; none elsewhere.
 *
 * @param all in the order in which they were mounted: of two at one place the later one is seen
 */
record Mounts(List<Mount> all) {
    private static final Path INFO = Path.of("/proc/self/mountinfo");

    /** What the root of a container is, by the engines that there are. */
    private static final Set<String> CONTAINERS = Set.of("overlay", "aufs", "fuse.fuse-overlayfs");

    /**
     * One of them.
     *
     * @param at where it is seen
     * @param type such as ext4
     * @param options such as rw, noexec
     */
    record Mount(Path at, String type, Set<String> options) {}

    static Mounts here() {
        try {
            return Files.isReadable(INFO) ? of(Files.readAllLines(INFO)) : new Mounts(List.of());
        } catch (IOException e) {
            return new Mounts(List.of());
        }
    }

    /** What the lines of mountinfo say; see proc(5): the type follows a lone hyphen. */
    static Mounts of(List<String> mountinfo) {
        final List<Mount> all = new ArrayList<>();
        for (String line : mountinfo) {
            final List<String> fields = List.of(line.split(" "));
            final int hyphen = fields.indexOf("-");
            if (hyphen > 5 && hyphen + 1 < fields.size()) {
                all.add(new Mount(
                        Path.of(unescape(fields.get(4))),
                        fields.get(hyphen + 1),
                        Set.of(fields.get(5).split(","))));
            }
        }
        return new Mounts(all);
    }

    /** Blanks and backslashes are written as octal numbers. */
    private static String unescape(String text) {
        return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
    }

    private Optional<Mount> holding(Path real) {
        Optional<Mount> best = Optional.empty();
        for (Mount mount : all) {
            if (real.startsWith(mount.at())
                    && best.map(other -> mount.at().getNameCount() >= other.at().getNameCount())
                            .orElse(true)) {
                best = Optional.of(mount);
            }
        }
        return best;
    }

    /** Whether nothing there may be run, nor mapped as a program. */
    boolean forbidExecution(Path real) {
        return holding(real).filter(mount -> mount.options().contains("noexec")).isPresent();
    }

    /** Whether it is a volume that was given to this container, as Kubernetes' emptyDir: there only its processes go. */
    boolean isContainersVolume(Path real) {
        return holding(Path.of("/"))
                        .filter(root -> CONTAINERS.contains(root.type()))
                        .isPresent()
                && real.getNameCount() > 0
                && all.stream().anyMatch(mount -> mount.at().equals(real));
    }
}
