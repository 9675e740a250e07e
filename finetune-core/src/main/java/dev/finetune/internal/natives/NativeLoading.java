package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Failures;
import java.io.IOException;
import java.nio.file.Path;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Loads native libraries so that neither other processes nor other threads get in the way.
 *
 * <ul>
 *   <li>While one process unpacks, all others wait: what JavaCPP writes can meet what another process has just mapped, and
 *       kill it. Processes that find everything unpacked don't wait for each other.
 *   <li>A process that is killed while it unpacks leaves nothing that the next one takes for whole.
 *   <li>It happens on a thread of its own, whose context class loader is the libraries' own, whatever the caller's is, and
 *       which nobody interrupts: an interrupted thread can't lock a file, and a library that failed to load once stays
 *       failed.
 * </ul>
 */
public final class NativeLoading {
    /** One object for all class loaders of the JVM. */
    @SuppressWarnings("StringOperationCanBeSimplified")
    private static final Object IN_PROCESS = "dev.finetune.internal.natives.NativeLoading".intern();

    private NativeLoading() {}

    /**
     * Runs a piece of work that unpacks and loads libraries.
     *
     * @param directory where they are unpacked to
     * @param wanted tells what would be unpacked from what other class paths would have
     * @param owner a class of the class loader that finds the libraries
     * @param work loads them
     * @throws FinetuneException what the work threw, or why the directory couldn't be locked
     * @throws LinkageError what the work threw
     */
    public static <T> T alone(Path directory, String wanted, Class<?> owner, Supplier<T> work) {
        final AtomicReference<@Nullable T> result = new AtomicReference<>();
        final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
        final Thread thread = thread(() -> {
            try {
                result.set(locked(new Unpacked(directory, wanted), work));
            } catch (RuntimeException | Error e) {
                thrown.set(e);
            }
        });
        thread.setContextClassLoader(owner.getClassLoader());
        thread.setDaemon(true);
        thread.start();
        join(thread);
        TemporaryCache.removeAtExit();
        Failures.rethrow(thrown.get());
        return Objects.requireNonNull(result.get());
    }

    /**
     * A thread that inherits nothing of the caller's: the libraries start threads that never end, whose protection domains and
     * inherited values are this one's, and would keep the class loader of the first application that came.
     */
    @SuppressWarnings("removal") // Until Java 24, only this keeps the caller's protection domains out.
    private static Thread thread(Runnable work) {
        return AccessController.doPrivileged(
                (PrivilegedAction<Thread>) () -> new Thread(null, work, "finetune-natives", 0, false));
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static <T> T locked(Unpacked unpacked, Supplier<T> work) {
        synchronized (IN_PROCESS) {
            try {
                try (ProcessLock reading = ProcessLock.take(unpacked.lockFile(), true)) {
                    if (unpacked.isComplete()) {
                        return work.get();
                    }
                }
                try (ProcessLock writing = ProcessLock.take(unpacked.lockFile(), false)) {
                    if (unpacked.isComplete()) {
                        return work.get();
                    }
                    unpacked.begin();
                    final T done = work.get();
                    unpacked.end();
                    return done;
                }
            } catch (IOException e) {
                throw new FinetuneException(
                        "Native libraries can't be unpacked to " + unpacked.directory() + " ("
                                + PrivateDirectory.reason(e) + "). " + NativeCache.HOW_TO_SET,
                        e);
            }
        }
    }
}
