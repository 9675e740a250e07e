package dev.finetune.internal.saving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several that write and read one directory at the same time. */
@Timeout(120)
class ConcurrentSavesTest {
    private static final int SAVES = 40;

    @TempDir
    private Path folder;

    /** As a model is put together: file by file, so that others have time to come in between. */
    private static Map<String, String> slowly(Path directory) {
        final Map<String, String> found = new TreeMap<>();
        for (String name : Model.found(directory).keySet()) {
            found.put(name, Model.found(directory).getOrDefault(name, "gone"));
            LockSupport.parkNanos(20_000);
        }
        return found;
    }

    @Test
    void readersFindOneModelOrTheOtherWhileTwoWritersTakeTurns() throws Exception {
        final Path directory = Files.createDirectory(folder.resolve("model"));
        new DirectorySave(directory, Dying.never()).make(Model.old());
        final AtomicInteger writing = new AtomicInteger(2);
        final ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            final List<Future<?>> writers = new ArrayList<>();
            for (Model model : List.of(Model.old(), Model.next())) {
                writers.add(threads.submit(() -> {
                    for (int i = 0; i < SAVES; i++) {
                        new DirectorySave(directory, Dying.never()).make(model);
                    }
                    return writing.decrementAndGet();
                }));
            }
            final List<Future<Set<Map<String, String>>>> readers = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                readers.add(threads.submit(() -> {
                    final Set<Map<String, String>> seen = new HashSet<>();
                    while (writing.get() > 0) {
                        seen.add(new WholeRead(List.of(directory), true)
                                .read(places -> slowly(places.apply(directory)), found -> {}));
                    }
                    return seen;
                }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
            for (Future<Set<Map<String, String>>> reader : readers) {
                assertThat(reader.get())
                        .isSubsetOf(
                                new TreeMap<>(Model.old().files()),
                                new TreeMap<>(Model.next().files()));
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void whatWasReadWhileOthersSavedIsClosedAndReadAgain() throws IOException {
        final Path directory = Model.old().in(folder.resolve("model"));
        final List<String> closed = new ArrayList<>();
        final List<String> read = new ArrayList<>();
        final String result = WholeRead.of(directory)
                .read(
                        places -> {
                            read.add("read " + read.size());
                            if (read.size() == 1) {
                                saveNext(directory);
                            }
                            return read.get(read.size() - 1);
                        },
                        closed::add);
        assertThat(result).isEqualTo("read 1");
        assertThat(closed).containsExactly("read 0");
    }

    @Test
    void aReaderThatFailsBecauseOthersSavedReadsAgainAndOneThatFailsAnywayDoesnt() throws IOException {
        final Path directory = Model.old().in(folder.resolve("model"));
        final AtomicInteger reads = new AtomicInteger();
        assertThatThrownBy(() -> WholeRead.of(directory)
                        .read(
                                places -> {
                                    if (reads.incrementAndGet() == 1) {
                                        saveNext(directory);
                                        throw new FinetuneException("a file was missing");
                                    }
                                    throw new FinetuneException("it is broken");
                                },
                                none -> {}))
                .hasMessage("it is broken");
        assertThat(reads).hasValue(2);
    }

    @Test
    void aDirectoryWithoutAListThatIsInUseForOtherThingsIsReadAllTheSame() {
        final AtomicInteger reads = new AtomicInteger();
        final int read = WholeRead.of(folder)
                .read(
                        places -> {
                            try {
                                Files.createTempFile(folder, "log", "");
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                            LockSupport.parkNanos(10_000_000); // Longer than a file system's clock ticks.
                            return reads.incrementAndGet();
                        },
                        none -> {});
        assertThat(read).isBetween(1, 4);
    }

    @Test
    void whileSomebodyHoldsTheDirectoryNobodyElseGetsIt() throws Exception {
        final ExecutorService other = Executors.newSingleThreadExecutor();
        try (DirectoryLock lock =
                DirectoryLock.acquire(folder, DirectorySave.MOMENT).orElseThrow()) {
            assertThat(lock.isOfProcess()).isTrue();
            final Future<Boolean> got = other.submit(() -> {
                final Optional<DirectoryLock> second = DirectoryLock.acquire(folder, Duration.ofMillis(50));
                return second.isPresent();
            });
            assertThat(got.get()).isFalse();
        } finally {
            other.shutdownNow();
        }
        assertThat(folder.resolve(DirectoryLock.NAME)).doesNotExist();
    }

    private static void saveNext(Path directory) {
        try {
            new DirectorySave(directory, Dying.never()).make(Model.next());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
