package dev.finetune.hub;

import java.time.Duration;

/** How to wait: tests put their own in, so that they needn't. */
@FunctionalInterface
interface Sleeper {
    void of(Duration duration) throws InterruptedException;

    /** Really waits. */
    static Sleeper sleeping() {
        return duration -> Thread.sleep(duration.toMillis());
    }
}
