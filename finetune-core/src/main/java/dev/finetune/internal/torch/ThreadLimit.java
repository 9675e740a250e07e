package dev.finetune.internal.torch;

import dev.finetune.error.FinetuneException;
import java.util.OptionalInt;

/**
 * How many threads native code may use for one operation, and this library to encode: {@code -Ddev.finetune.threads=4} says it,
 * else {@code FINETUNE_THREADS} in the environment. By default native code takes those of the processor's cores that it may run
 * on.
 */
public final class ThreadLimit {
    private static final String PROPERTY = "dev.finetune.threads";
    private static final String VARIABLE = "FINETUNE_THREADS";

    private ThreadLimit() {}

    /** What was said, if anything. */
    static OptionalInt said() {
        final String property = System.getProperty(PROPERTY);
        final String said = property == null ? System.getenv(VARIABLE) : property;
        return said == null || said.isBlank() ? OptionalInt.empty() : OptionalInt.of(parsed(said));
    }

    static int parsed(String said) {
        if (!said.strip().matches("[1-9]\\d{0,3}")) {
            throw new FinetuneException("-D" + PROPERTY + " (or " + VARIABLE
                    + ") must be a number of threads from 1 to 9999," + " but is \"" + said + "\".");
        }
        return Integer.parseInt(said.strip());
    }

    /** How many threads of Java's may compute at once. */
    public static int ofJava() {
        final int processors = Runtime.getRuntime().availableProcessors();
        return Math.min(processors, said().orElse(processors));
    }
}
