package dev.finetune.fuzz;

import java.util.List;

/** Turns the bytes of an input into choices, one after the other; when they are used up, each choice is the first. */
public final class Choices {
    private final byte[] bytes;
    private int at;

    /** Takes choices from bytes. */
    public Choices(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether there are bytes left. */
    public boolean more() {
        return at < bytes.length;
    }

    /** A number from 0 on, below another. */
    public int below(int end) {
        int chosen = next();
        for (int reach = 256; reach < end; reach *= 256) {
            chosen = chosen << 8 | next();
        }
        return Math.floorMod(chosen, end);
    }

    /** One of several. */
    public <T> T of(List<T> several) {
        return several.get(below(several.size()));
    }

    private int next() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }
}
