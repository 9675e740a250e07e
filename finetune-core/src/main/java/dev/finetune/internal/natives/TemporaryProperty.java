package dev.finetune.internal.natives;

import org.jspecify.annotations.Nullable;

/**
 * A system property that has a value for a while: a library reads it as it loads, and others in the process that read it
 * later find what they found before. Use with try-with-resources.
 */
public final class TemporaryProperty implements AutoCloseable {
    private final String name;
    private final @Nullable String before;

    /** Sets it. */
    public TemporaryProperty(String name, String value) {
        this.name = name;
        this.before = System.getProperty(name);
        System.setProperty(name, value);
    }

    /** Puts back what was there. */
    @Override
    public void close() {
        if (before == null) {
            System.clearProperty(name);
        } else {
            System.setProperty(name, before);
        }
    }
}
