package dev.finetune.internal.natives;

import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;

/**
 * Says in words why a native library didn't load: what the C library or the JVM said first, which is the last in the chain
 * of causes, and what mends it.
 */
public final class LoadingFailure {
    private LoadingFailure() {}

    /**
     * The exception for the user.
     *
     * @param what the library, as a sentence's subject: "LibTorch"
     * @param thrown what loading it threw
     * @param unpacked where it was unpacked to
     * @param otherwise what to do where the reason isn't one that is known
     */
    public static FinetuneException explain(String what, Throwable thrown, Path unpacked, String otherwise) {
        final String first = firstCause(thrown);
        return new FinetuneException(
                what + " could not be loaded on " + System.getProperty("os.name") + " " + System.getProperty("os.arch")
                        + ": " + first + ". " + mend(first, unpacked).orElse(otherwise),
                thrown);
    }

    /** The message of the innermost cause, or its class where it has none; without a full stop. */
    static String firstCause(Throwable thrown) {
        final Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Throwable at = thrown;
        while (at.getCause() != null && seen.add(at)) {
            at = at.getCause();
        }
        final String message = at.getMessage();
        return (message == null || message.isBlank() ? at.getClass().getSimpleName() : message.strip())
                .replaceAll("\\.$", "");
    }

    /** What to do, if the reason is one that is known. */
    static Optional<String> mend(String reason, Path unpacked) {
        if (reason.contains("already loaded in another class")) {
            return Optional.of("A native library can be loaded by one class loader of a process at a time. Put the"
                    + " finetune, org.bytedeco, ai.djl and jna jars in the class loader that the applications share (such as a"
                    + " server's lib directory), or restart the process instead of deploying again.");
        }
        if (reason.contains("failed to map segment") || reason.contains("Operation not permitted")) {
            return Optional.of("The file system of " + unpacked + " runs no programs (it is mounted with noexec, or a"
                    + " security module forbids it). " + NativeCache.HOW_TO_SET);
        }
        if (reason.contains("No space left") || reason.contains("Disk quota exceeded")) {
            return Optional.of("Unpacked, the libraries take half a gigabyte (the GPU build several). Make room for "
                    + unpacked + ". Or: " + NativeCache.HOW_TO_SET);
        }
        if (reason.contains("GLIBC") || reason.contains("CXXABI")) {
            return Optional.of(
                    "This Linux has an older C or C++ library than the natives need: use a newer distribution or"
                            + " container image (one with glibc 2.28 or later, such as Debian 12, Ubuntu 22.04, or RHEL 9).");
        }
        if (reason.contains("ld-linux") || reason.contains("musl") || reason.contains("symbol not found")) {
            return Optional.of(
                    "The natives are built for glibc, and this system has another C library (as Alpine has): use"
                            + " an image with glibc, such as Debian's or Ubuntu's.");
        }
        if (reason.contains("wrong ELF class")
                || reason.contains("incompatible architecture")
                || reason.contains("not a valid Win32 application")) {
            return Optional.of("The native jars on the class path are another platform's.");
        }
        if (reason.contains("cannot open shared object file") || reason.contains("dependent libraries")) {
            return Optional.of("A library that it needs isn't there: install it with the system's package manager.");
        }
        return Optional.empty();
    }
}
