package dev.finetune.examples;

import dev.finetune.hub.DownloadListener;
import java.util.Locale;

/** What commands say while they wait for the hub. */
final class Console {
    private Console() {}

    /** A line for each file that was downloaded. */
    static DownloadListener downloads() {
        return progress -> {
            if (progress.done()) {
                System.out.printf(Locale.ROOT, "downloaded %s (%.1f MB)%n", progress.file(), progress.bytes() / 1e6);
            }
        };
    }
}
