package dev.finetune.internal.run;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Watches the resident size of this process while something is tried, where the system tells it. */
final class ResidentPeak implements AutoCloseable {
    private static final long EVERY_MILLIS = 10;

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::watch, "finetune-resident-size");
    private volatile @Nullable Long peak = MachineFacts.residentMegabytes().orElse(null);

    private ResidentPeak() {}

    static ResidentPeak watching() {
        final ResidentPeak watching = new ResidentPeak();
        if (watching.peak != null) {
            watching.thread.setDaemon(true);
            watching.thread.start();
        }
        return watching;
    }

    private void watch() {
        try {
            while (!closed.await(EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // Nobody does; then there is no more to see.
        }
    }

    private synchronized void look() {
        final Long before = peak;
        MachineFacts.residentMegabytes()
                .filter(now -> before == null || now > before)
                .ifPresent(now -> peak = now);
    }

    /** The largest resident size since it watches. */
    Optional<Long> megabytes() {
        look();
        return Optional.ofNullable(peak);
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
