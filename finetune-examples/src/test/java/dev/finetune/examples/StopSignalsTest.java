package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.finetune.FineTuned;
import dev.finetune.data.Text;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a signal does to a command in a process of its own. */
@Timeout(120)
class StopSignalsTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void makeModelsAndFiles() throws IOException {
        assumeThat(Files.isExecutable(Path.of("/bin/kill"))).isTrue();
        StandIns.fill(folder);
    }

    private static Process train(Path out) throws IOException {
        return OwnProcess.of(
                        Main.class,
                        List.of(
                                "text",
                                "--model",
                                StandIns.base(folder).toString(),
                                "--train",
                                folder.resolve("train.tsv").toString(),
                                "--max-length",
                                "32",
                                "--epochs",
                                "100000",
                                "--out",
                                out.toString()))
                .start();
    }

    /** Reads until an evaluation was made: then there is something to keep. */
    private static void awaitTraining(BufferedReader lines) throws IOException {
        for (String line = lines.readLine(); line != null && !line.startsWith("  1.00"); line = lines.readLine()) {
            assertThat(line).doesNotStartWith("error");
        }
    }

    @Test
    void theFirstEndsTrainingAndTheModelIsSaved() throws IOException, InterruptedException {
        final Path out = folder.resolve("stopped");
        final Process process = train(out);
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            awaitTraining(lines);
            OwnProcess.signal(process, "TERM");
            final String rest = lines.lines().collect(Collectors.joining("\n"));
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(rest).isEqualTo(143);
            assertThat(rest)
                    .contains(
                            "SIGTERM: stopping at the next step",
                            "cancelled after",
                            "saved to",
                            "\"end\":\"cancelled\"")
                    .doesNotContain("\r");
        } finally {
            process.destroyForcibly();
        }
        try (FineTuned<Text> loaded = FineTuned.load(out)) {
            assertThat(loaded.labels()).isEqualTo(List.of("negative", "positive"));
        }
    }

    @Test
    void theSecondEndsTheProcessAtOnce() throws Exception {
        final Thread job = Thread.currentThread();
        assertThat(StopSignals.during(() -> job.isInterrupted())).isZero();

        final Process process = OwnProcess.of(Stubborn.class, List.of()).start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(lines.readLine()).isEqualTo("ready");
            final String signal = ignoresInterrupts() ? "TERM" : "INT";
            OwnProcess.signal(process, signal);
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).contains("SIG" + signal, "Once more ends at once");
            OwnProcess.signal(process, signal);
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(signal.equals("INT") ? 130 : 143);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Whether this process and its children ignore SIGINT, as what a shell without job control starts in the background does. */
    private static boolean ignoresInterrupts() throws IOException {
        final Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 1 << 1) != 0);
    }

    /** A job that heeds no interrupt. */
    static final class Stubborn {
        private Stubborn() {}

        public static void main(String[] arguments) throws Exception {
            StopSignals.during(() -> {
                System.out.println("ready");
                final long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
                while (System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
                return true;
            });
        }
    }
}
