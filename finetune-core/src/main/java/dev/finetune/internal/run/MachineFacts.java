package dev.finetune.internal.run;

import dev.finetune.internal.torch.Natives;
import dev.finetune.record.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What is said of the machine that a fit is computed on. */
final class MachineFacts {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String PEAK = "VmHWM:";

    private MachineFacts() {}

    static Machine now(String started, boolean isOnCpu, double encodingSeconds, double outcomesSeconds) {
        return new Machine(
                started,
                isOnCpu ? "the CPU" : "a GPU",
                Natives.threads(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name") + " " + System.getProperty("os.version") + ", "
                        + System.getProperty("os.arch"),
                System.getProperty("java.version"),
                Natives.version(),
                Optional.ofNullable(MachineFacts.class.getPackage().getImplementationVersion()),
                encodingSeconds,
                outcomesSeconds,
                peakMegabytes());
    }

    /** The largest resident size so far, where the system tells, as Linux does. */
    private static Optional<Long> peakMegabytes() {
        return megabytes(PEAK);
    }

    /** The resident size, where the system tells, as Linux does. */
    static Optional<Long> residentMegabytes() {
        return megabytes("VmRSS:");
    }

    private static Optional<Long> megabytes(String field) {
        if (!Files.isReadable(STATUS)) {
            return Optional.empty();
        }
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(field))
                    .map(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
