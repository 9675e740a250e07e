package dev.finetune.internal.distributed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where a process runs, as far as others have to know it: containers of one machine may share memory, but number their processes by
 * themselves, so that the number of one means another in the next.
 *
 * @param boot what the machine calls itself since it was started; empty where that can't be known
 * @param pids what numbers processes there; empty where that can't be known
 */
record Whereabouts(String boot, String pids) {
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path PIDS = Path.of("/proc/self/ns/pid");

    static Whereabouts own() {
        return new Whereabouts(bootId(), pidNamespace());
    }

    private static String bootId() {
        try {
            return Files.readString(BOOT, StandardCharsets.ISO_8859_1).strip();
        } catch (IOException | SecurityException e) {
            return "";
        }
    }

    private static String pidNamespace() {
        try {
            return Files.readSymbolicLink(PIDS).toString();
        } catch (IOException | UnsupportedOperationException | SecurityException e) {
            return "";
        }
    }

    /** What {@link #toString} has written. */
    static Whereabouts of(String told) {
        final int blank = told.indexOf(' ');
        return new Whereabouts(told.substring(0, blank), told.substring(blank + 1));
    }

    @Override
    public String toString() {
        return boot + " " + pids;
    }

    /** Whether nothing tells that one of these processes is on another machine. */
    boolean isOnOneMachine(List<Whereabouts> all) {
        return all.stream().allMatch(each -> each.boot.equals(boot));
    }

    /** Of which of these processes this one would see that they have ended. */
    List<Boolean> watchable(List<Whereabouts> all) {
        return all.stream()
                .map(each -> isOnOneMachine(List.of(each)) && !pids.isEmpty() && each.pids.equals(pids))
                .toList();
    }
}
