package dev.finetune.internal.saving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.internal.PathLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** An interrupt that comes while files are saved waits until they are. */
class InterruptedSavesTest {
    private static final int FILES = 12;

    @TempDir
    private Path folder;

    private void save(int round) throws Exception {
        DirectorySave.whole(folder, staging -> {
            for (int i = 0; i < FILES; i++) {
                Files.write(staging.resolve("file-" + i), new byte[1000 + round]);
            }
        });
    }

    @Test
    void aFreeLockIsTakenByAThreadThatIsInterrupted() throws Exception {
        Thread.currentThread().interrupt();
        final Optional<PathLock> lock = PathLock.acquire(
                folder.resolve("lock"), Duration.ofSeconds(1), LoggerFactory.getLogger(InterruptedSavesTest.class));
        assertThat(Thread.interrupted()).isTrue();
        lock.orElseThrow().close();
    }

    @Test
    void whateverItIsInterruptedInTheSaveIsMadeAndTheThreadStaysInterrupted() throws Exception {
        final long start = System.nanoTime();
        save(0);
        final long usual = System.nanoTime() - start;
        final SplittableRandom random = new SplittableRandom(1);
        int kept = 0;
        for (int round = 1; round <= 40; round++) {
            final Thread saving = Thread.currentThread();
            final long pause = random.nextLong(usual + 1);
            final Thread other = new Thread(() -> {
                LockSupport.parkNanos(pause);
                saving.interrupt();
            });
            other.start();
            save(round);
            while (other.isAlive()) {
                Thread.onSpinWait();
            }
            kept += Thread.interrupted() ? 1 : 0;
            for (int i = 0; i < FILES; i++) {
                assertThat(folder.resolve("file-" + i)).hasSize(1000 + round);
            }
        }
        assertThat(kept).as("rounds after which the thread was interrupted").isEqualTo(40);
        try (var left = Files.list(folder)) {
            assertThat(left).hasSize(FILES + 1);
        }
    }
}
