package dev.finetune.hub;

import dev.finetune.error.FinetuneException;

/**
 * How much a hub may send where nobody can tell beforehand what it ought to be. A file whose size the hub announces has no
 * other limit than the room on the disk: what is more than announced isn't received.
 *
 * @param jsonBytes the most bytes of a repository's listing, and of an index of shards; both are read in one go, no page
 *     after another; default 32 MiB
 * @param files the most files that a listing or an index may name; default 100,000
 * @param unannouncedBytes the most bytes of a file whose size neither the listing nor an answer tells; default 1 GiB
 */
public record HubLimits(int jsonBytes, int files, long unannouncedBytes) {
    /**
     * Checks every value.
     *
     * @throws FinetuneException naming the one that isn't at least 1
     */
    public HubLimits {
        require("jsonBytes", jsonBytes);
        require("files", files);
        require("unannouncedBytes", unannouncedBytes);
    }

    /** {@return the usual limits: 32 MiB, 100,000 files, 1 GiB} */
    public static HubLimits defaults() {
        return new HubLimits(32 << 20, 100_000, 1L << 30);
    }

    private static void require(String name, long value) {
        if (value < 1) {
            throw new FinetuneException(name + " is " + value + "; expected 1 or more.");
        }
    }
}
