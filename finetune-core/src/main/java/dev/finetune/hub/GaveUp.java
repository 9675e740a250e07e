package dev.finetune.hub;

import java.io.IOException;

/** Something failed for what may be a passing reason, and as often as it may. */
final class GaveUp extends IOException {
    private static final long serialVersionUID = 1L;

    /** The message says what was being done, and why the last try failed. */
    GaveUp(String what, IOException last) {
        super(what + " failed: " + Retries.reason(last), last);
    }
}
