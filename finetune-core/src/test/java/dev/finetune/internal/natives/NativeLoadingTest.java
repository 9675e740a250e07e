package dev.finetune.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLoadingTest {
    @TempDir
    private Path temp;

    private ClassLoader loaderWithin() {
        return NativeLoading.alone(
                temp, "x", NativeLoadingTest.class, () -> Thread.currentThread().getContextClassLoader());
    }

    @Test
    void theContextClassLoaderIsTheLibrariesOwnWhateverTheCallersIs() throws IOException {
        final Thread thread = Thread.currentThread();
        final ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader foreign = new URLClassLoader(new URL[0], null)) {
            for (ClassLoader host : new ClassLoader[] {null, foreign}) {
                thread.setContextClassLoader(host);
                assertThat(loaderWithin()).isSameAs(NativeLoadingTest.class.getClassLoader());
                assertThat(thread.getContextClassLoader()).isSameAs(host);
            }
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Test
    void anInterruptedCallerLoadsAllTheSameAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        final ClassLoader found = loaderWithin();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(found).isNotNull();
    }

    @Test
    void whatTheWorkThrowsComesOutAsItIs() {
        final UnsatisfiedLinkError error = new UnsatisfiedLinkError("x");
        assertThatThrownBy(() -> NativeLoading.alone(temp, "x", NativeLoadingTest.class, () -> {
                    throw error;
                }))
                .isSameAs(error);
        assertThat(loaderWithin()).isNotNull();
    }

    @Test
    void threadsTakeTurns() throws InterruptedException {
        final AtomicInteger inside = new AtomicInteger();
        final List<Integer> seen = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final String wanted = "class path " + i;
            final Thread thread = new Thread(() -> NativeLoading.alone(temp, wanted, NativeLoadingTest.class, () -> {
                seen.add(inside.incrementAndGet());
                inside.decrementAndGet();
                return wanted;
            }));
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(seen).containsExactly(1, 1, 1, 1);
    }

    @Test
    void whatIsCompleteIsKnownAndWhatWasHalfWrittenIsNot() throws IOException {
        final Unpacked unpacked = new Unpacked(temp, "these jars");
        assertThat(unpacked.isComplete()).isFalse();
        NativeLoading.alone(temp, "these jars", NativeLoadingTest.class, () -> write("library.so", "whole"));
        assertThat(unpacked.isComplete()).isTrue();
        assertThat(new Unpacked(temp, "other jars").isComplete()).isFalse();
        write("library.so", "half");
        assertThat(unpacked.isComplete()).isFalse();
    }

    @Test
    void whatAKilledProcessLeftHalfWrittenIsGoneBeforeTheNextLoadsAnything() throws IOException {
        write("before.so", "the user's own, from before");
        final Unpacked killed = new Unpacked(temp, "these jars");
        killed.begin();
        write("half.so", "ha");
        NativeLoading.alone(temp, "these jars", NativeLoadingTest.class, () -> {
            assertThat(temp.resolve("half.so")).doesNotExist();
            assertThat(temp.resolve("before.so")).exists();
            return write("half.so", "whole");
        });
        assertThat(killed.isComplete()).isTrue();
        // What was whole stays when another class path comes.
        NativeLoading.alone(temp, "other jars", NativeLoadingTest.class, () -> write("other.so", "whole"));
        assertThat(temp.resolve("half.so")).hasContent("whole");
    }

    private Path write(String name, String text) {
        try {
            return Files.writeString(temp.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aDirectoryThatIsGoneIsSaid() {
        assertThatThrownBy(() -> NativeLoading.alone(temp.resolve("none"), "x", NativeLoadingTest.class, () -> "never"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("none", "NoSuchFile", "dev.finetune.nativeCache");
    }

    @Test
    void aFailureIsToldInTheSameWordsAtTheSecondAttempt() {
        final AtomicInteger attempts = new AtomicInteger();
        final Once<String> once = new Once<>(() -> {
            attempts.incrementAndGet();
            throw new FinetuneException("the reason", new UnsatisfiedLinkError("the cause"));
        });
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(once::get)
                    .isExactlyInstanceOf(FinetuneException.class)
                    .hasMessage("the reason");
        }
        assertThat(attempts).hasValue(1);
    }
}
