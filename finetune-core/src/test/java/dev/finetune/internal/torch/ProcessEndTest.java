package dev.finetune.internal.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class ProcessEndTest {
    @TempDir
    private Path folder;

    /** Multiplies on 64 threads for ever, says so, and ends by System.exit if told to. */
    public static final class Multiplying {
        private Multiplying() {}

        public static void main(String[] arguments) throws InterruptedException {
            Natives.load();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
            for (int i = 0; i < 64; i++) {
                final Thread thread = new Thread(() -> {
                    final Tensor numbers = torch.ones(400, 400);
                    while (true) {
                        numbers.mm(numbers).close();
                    }
                });
                thread.setDaemon(true);
                thread.start();
            }
            Thread.sleep(300);
            System.out.println("multiplying");
            if (arguments[0].equals("exit")) {
                System.exit(7);
            }
            Thread.sleep(60_000);
        }
    }

    @Test
    void systemExitEndsAtOnceWithItsStatusWhileThreadsMultiply() throws Exception {
        assertThat(endOf("exit")).isEqualTo(7);
    }

    @Test
    void sigtermEndsAtOnceWhileThreadsMultiply() throws Exception {
        assertThat(endOf("wait")).isEqualTo(128 + 15);
    }

    private int endOf(String argument) throws Exception {
        final Path out = folder.resolve("out");
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Dorg.bytedeco.openblas.load=openblas",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Multiplying.class.getName(),
                        argument)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            while (process.isAlive() && !Files.readString(out).contains("multiplying")) {
                Thread.sleep(10);
            }
            if (argument.equals("wait")) {
                process.destroy();
            }
            final long start = System.nanoTime();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            // Two seconds where the machine isn't busy with other tests.
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
            assertThat(out).content().contains("hook");
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }
}
