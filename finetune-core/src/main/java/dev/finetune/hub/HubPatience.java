package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.time.Duration;

/**
 * How long to wait for a hub, and how often to try again.
 *
 * @param maxRetries how often a request that failed for a passing reason (429, 5xx, a lost connection, a time-out) is
 *     sent again; default 5. A download that got further since its last failure starts counting anew
 * @param backOff the wait before the first retry, doubled for each further one up to 30 seconds, and shortened by up to
 *     half at random so that many clients don't come back at once; default 500 ms
 * @param longestWait the longest that a server may make us wait (Retry-After) before we give up; default 5 minutes
 * @param connectTimeout the longest wait for a connection; default 10 seconds
 * @param readTimeout the longest silence of the server, before its answer or in the middle of it; default 30 seconds
 * @param leastBytes what must arrive of a file in each {@code readTimeout} that is spent waiting for it, else the server counts
 *     as silent; also how much further a download must get between two failures for its retries to count anew; default
 *     16 KiB. A listing must be whole after ten times {@code readTimeout}
 */
public record HubPatience(
        int maxRetries,
        Duration backOff,
        Duration longestWait,
        Duration connectTimeout,
        Duration readTimeout,
        int leastBytes) {

    /**
     * Checks every value.
     *
     * @throws FinetuneException naming the one that can't be used
     */
    public HubPatience {
        if (maxRetries < 0) {
            throw new FinetuneException("maxRetries is " + maxRetries + "; expected 0 or more.");
        }
        require(!backOff.isNegative(), "backOff", backOff, "zero or more");
        require(!longestWait.isNegative(), "longestWait", longestWait, "zero or more");
        require(
                !connectTimeout.isNegative() && !connectTimeout.isZero(),
                "connectTimeout",
                connectTimeout,
                "more than 0");
        require(!readTimeout.isNegative() && !readTimeout.isZero(), "readTimeout", readTimeout, "more than 0");
        if (leastBytes < 1) {
            throw new FinetuneException("leastBytes is " + leastBytes + "; expected 1 or more.");
        }
    }

    /**
     * Five retries, the first after half a second; 10 seconds to connect, 30 seconds of silence.
     *
     * @return the usual patience
     */
    public static HubPatience defaults() {
        return new HubPatience(
                5,
                Duration.ofMillis(500),
                Duration.ofMinutes(5),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                16 << 10);
    }

    /**
     * {@return a variant with other retries}
     *
     * @param max how often a request is made again, at least 0
     * @param firstWait before the first retry; it doubles with each
     */
    public HubPatience withRetries(int max, Duration firstWait) {
        return new HubPatience(max, firstWait, longestWait, connectTimeout, readTimeout, leastBytes);
    }

    /**
     * {@return a variant with other time-outs}
     *
     * @param connect until a connection stands
     * @param read of silence while data is awaited
     */
    public HubPatience withTimeouts(Duration connect, Duration read) {
        return new HubPatience(maxRetries, backOff, longestWait, connect, read, leastBytes);
    }

    /**
     * {@return a variant that is content with less, or wants more}
     *
     * @param bytes what must arrive in each {@link #readTimeout}, at least 1
     */
    public HubPatience withLeastBytes(int bytes) {
        return new HubPatience(maxRetries, backOff, longestWait, connectTimeout, readTimeout, bytes);
    }

    private static void require(boolean holds, String name, Duration found, String expected) {
        if (!holds) {
            throw new FinetuneException(name + " is " + found + "; expected " + expected + ".");
        }
    }
}
