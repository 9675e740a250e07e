package dev.finetune.examples;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the operating system says of this process. */
public final class ProcessFacts {
    private ProcessFacts() {}

    /** Seconds since the process started. */
    public static double secondsSinceStart() {
        return (System.currentTimeMillis()
                        - ManagementFactory.getRuntimeMXBean().getStartTime())
                / 1e3;
    }

    /** The largest resident size so far in MB, or -1 where the system doesn't tell (it does on Linux). */
    public static long peakResidentMegabytes() {
        return status("VmHWM:");
    }

    /** The resident size now in MB, or -1 where the system doesn't tell (it does on Linux). */
    public static long residentMegabytes() {
        return status("VmRSS:");
    }

    private static long status(String key) {
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith(key))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }
}
