package dev.finetune.internal.torch;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.OutOfMemoryException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells that native memory ran out from all else that LibTorch and JavaCPP throw. */
public final class MemoryFailures {
    /** LibTorch's allocator on the CPU; the first on Linux, the second elsewhere. */
    private static final Pattern CPU = Pattern.compile(
            "DefaultCPUAllocator: (?:can't allocate|not enough) memory: you tried to allocate (\\d+) bytes");

    /** What says so in messages of CUDA, its libraries and LibTorch's allocator there, and of C++. */
    private static final List<String> WORDS = List.of(
            "CUDA out of memory",
            "CUDA error: out of memory",
            "CUBLAS_STATUS_ALLOC_FAILED",
            "CUDNN_STATUS_ALLOC_FAILED",
            "std::bad_alloc");

    /** What JavaCPP's own limits, and its allocations that fail, begin with. */
    private static final List<String> JAVACPP = List.of(
            "Physical memory usage is too high", "Failed to allocate memory within limits", "Cannot allocate new ");

    private MemoryFailures() {}

    /** What was asked for, in a sentence without its end, if it is memory that ran out. */
    public static Optional<String> told(Throwable thrown) {
        final String message = firstLine(thrown);
        if (thrown instanceof OutOfMemoryError) {
            return JAVACPP.stream().anyMatch(message::startsWith)
                    ? Optional.of("JavaCPP's limit was reached (" + message + ")")
                    : Optional.empty();
        }
        if (thrown instanceof MemoryLimit.Reached) {
            return Optional.of(message);
        }
        final Matcher cpu = CPU.matcher(message);
        if (cpu.find()) {
            return Optional.of("the system had no " + shown(Double.parseDouble(cpu.group(1))) + " to give");
        }
        return WORDS.stream().anyMatch(message::contains) ? Optional.of(message) : Optional.empty();
    }

    /**
     * What was thrown, for the user: memory that ran out as {@link OutOfMemoryException}, all else of LibTorch's in the words
     * of its first line. Ours, and errors of the JVM, are given back as they are.
     *
     * @param doing what was being done
     * @param help what would take less memory; asked only then
     */
    public static RuntimeException translate(String doing, Throwable thrown, Supplier<String> help) {
        final RuntimeException named = named(doing, thrown, help);
        return named == thrown ? Tensors.translate(doing, named) : named;
    }

    /**
     * The same, but all other exceptions are given back as they are.
     *
     * @param doing what was being done
     * @param help what would take less memory; asked only where it ran out
     */
    public static RuntimeException named(String doing, Throwable thrown, Supplier<String> help) {
        final Optional<String> told = thrown instanceof FinetuneException ? Optional.empty() : told(thrown);
        if (told.isPresent()) {
            return new OutOfMemoryException(
                    doing + ": memory ran out: " + strip(told.get()) + ". " + help.get(), thrown);
        }
        if (thrown instanceof Error error) {
            throw error;
        }
        return (RuntimeException) thrown;
    }

    /** Bytes in the largest unit that they fill: "1.5 GB". */
    static String shown(double bytes) {
        final String[] units = {"bytes", "kB", "MB", "GB", "TB"};
        int unit = 0;
        double rest = bytes;
        while (rest >= 1000 && unit < units.length - 1) {
            rest /= 1000;
            unit++;
        }
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", rest, units[unit]);
    }

    private static String firstLine(Throwable thrown) {
        return String.valueOf(thrown.getMessage()).lines().findFirst().orElse("");
    }

    private static String strip(String sentence) {
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }
}
