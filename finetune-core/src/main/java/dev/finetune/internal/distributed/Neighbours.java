package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import dev.finetune.error.LostProcessException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for other processes of this machine: a moment without sleep, since they are mostly just about to be there, then letting
 * others run, then asleep. Looks now and then whether they still live.
 */
final class Neighbours {
    /** Numbers that each process writes. */
    static final int ENTERED = 0;

    static final int COPIED = 1;
    static final int REDUCED = 2;
    static final int TAKEN = 3;
    private static final int PRESENT = 4;
    private static final long LEFT = -1;

    private static final int SPINS = 1000;
    private static final int YIELDS = 50;
    private static final long SLEEP = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long LONG_SLEEP = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(100);

    private final SharedRegion region;
    private final int rank;
    private final int size;
    private final Runnable check;
    private final Duration timeout;
    private final int spins;
    private final List<Boolean> watchable;
    private final boolean[] watched;

    /**
     * Says that this process is there.
     *
     * @param watchable of which processes the number that the system has for them means the same here
     * @param check called now and then while it waits; throws what ends the waiting
     * @param timeout after which a process that is alive is no longer waited for
     */
    Neighbours(SharedRegion region, int rank, int size, List<Boolean> watchable, Runnable check, Duration timeout) {
        this.region = region;
        this.rank = rank;
        this.size = size;
        this.check = check;
        this.timeout = timeout;
        this.spins = size <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
        this.watchable = watchable;
        this.watched = new boolean[size];
        region.write(PRESENT, ProcessHandle.current().pid());
    }

    /** Called once all have said so: sees which of them can be watched. Those of another container can't. */
    void meet() {
        for (int process = 0; process < size; process++) {
            final long pid = region.read(process, PRESENT);
            watched[process] = watchable.get(process) && pid > 0 && Files.isReadable(stat(pid));
        }
    }

    /** Says that this process takes part no longer. */
    void leave() {
        region.write(PRESENT, LEFT);
    }

    /** Waits until a number of all other processes is at least as large. */
    void await(int number, long value) {
        for (int process = 0; process < size; process++) {
            if (process != rank) {
                await(process, number, value);
            }
        }
    }

    /** Waits until a number of a process is at least as large. */
    void await(int process, int number, long value) {
        for (int i = 0; i < spins; i++) {
            if (region.read(process, number) >= value) {
                return;
            }
            Thread.onSpinWait();
        }
        for (int i = 0; i < YIELDS; i++) {
            if (region.read(process, number) >= value) {
                return;
            }
            Thread.yield();
        }
        sleepUntil(process, number, value);
    }

    private void sleepUntil(int process, int number, long value) {
        final long start = System.nanoTime();
        boolean interrupted = false;
        try {
            for (long looked = start; region.read(process, number) < value; ) {
                LockSupport.parkNanos(System.nanoTime() - start < LOOK ? SLEEP : LONG_SLEEP);
                interrupted |= Thread.interrupted(); // Else it would no longer sleep.
                if (System.nanoTime() - looked >= LOOK) {
                    looked = System.nanoTime();
                    look(process, number, value, looked - start);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void look(int process, int number, long value, long waited) {
        check.run();
        final long present = region.read(process, PRESENT);
        final boolean gone = present == LEFT || watched[process] && ended(present);
        if (gone && region.read(process, number) < value) {
            final String what = "Process " + process + " of " + size + " on this machine "
                    + (present == LEFT ? "has left" : "(pid " + present + ") ended")
                    + " while tensors were exchanged: see what it wrote last.";
            throw present == LEFT ? new FinetuneException(what) : new LostProcessException(what);
        }
        if (waited > timeout.toNanos()) {
            throw new FinetuneException("Process " + process + " of " + size
                    + " on this machine has exchanged nothing for "
                    + timeout.toMillis() / 1000.0 + " s, though it hasn't ended: does it do the same steps, or hang?"
                    + " A longer time-out waits longer.");
        }
    }

    private static boolean ended(long pid) {
        try {
            final String stat = Files.readString(stat(pid), StandardCharsets.ISO_8859_1);
            final char state = stat.charAt(stat.lastIndexOf(')') + 2);
            return state == 'Z' || state == 'X'; // Ended, and nobody has asked for its status yet.
        } catch (IOException | IndexOutOfBoundsException e) {
            return true;
        }
    }

    private static Path stat(long pid) {
        return Path.of("/proc", Long.toString(pid), "stat");
    }
}
