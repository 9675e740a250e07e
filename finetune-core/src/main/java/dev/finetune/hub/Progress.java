package dev.finetune.hub;

import java.time.Duration;
import java.util.OptionalLong;

/** Tells a listener about one file, not more often than it can bear. */
final class Progress {
    private final DownloadListener listener;
    private final Duration interval;
    private final ModelId id;
    private final String file;
    private OptionalLong total = OptionalLong.empty();
    private boolean begun;
    private long told;

    Progress(DownloadListener listener, Duration interval, ModelId id, String file) {
        this.listener = listener;
        this.interval = interval;
        this.id = id;
        this.file = file;
    }

    /** A try begins, with some bytes on disk already; only the first one is told at once. */
    void begin(long bytes, OptionalLong size) {
        total = size;
        if (!begun) {
            begun = true;
            tell(bytes, false);
        }
    }

    void at(long bytes) {
        if (System.nanoTime() - told >= interval.toNanos()) {
            tell(bytes, false);
        }
    }

    void done(long bytes) {
        total = OptionalLong.of(bytes);
        tell(bytes, true);
    }

    private void tell(long bytes, boolean done) {
        told = System.nanoTime();
        listener.onProgress(new DownloadProgress(id.value(), file, bytes, total, done));
    }
}
