package dev.finetune.internal.torch;

import org.jspecify.annotations.Nullable;

/** Whether a thread records; set while it does. */
final class Underway {
    static final ThreadLocal<@Nullable Boolean> HERE = new ThreadLocal<>();

    private Underway() {}
}
