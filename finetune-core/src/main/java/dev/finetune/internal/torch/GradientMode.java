package dev.finetune.internal.torch;

import org.bytedeco.pytorch.GradMode;

/** Switches the recording of gradients off for this thread, and back to what it was on close. */
public final class GradientMode implements AutoCloseable {
    static {
        Natives.load();
    }

    private final boolean before;

    private GradientMode(boolean enabled) {
        this.before = GradMode.is_enabled();
        GradMode.set_enabled(enabled);
    }

    /** No gradients are recorded until the guard closes. Use with try-with-resources. */
    public static GradientMode off() {
        return new GradientMode(false);
    }

    /** Gradients are recorded until the guard closes. Use with try-with-resources. */
    public static GradientMode on() {
        return new GradientMode(true);
    }

    @Override
    public void close() {
        GradMode.set_enabled(before);
    }
}
