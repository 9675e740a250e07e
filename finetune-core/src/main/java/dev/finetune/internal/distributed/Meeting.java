package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.error.LostProcessException;
import dev.finetune.internal.Warnings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where several processes speak to each other, by way of process 0: in rounds, in which each says something and hears what all have
 * said. Once one of them is lost or fails, all hear of it, and each round throws what happened.
 */
final class Meeting implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);
    private static final long TELL_NANOS = TimeUnit.MINUTES.toNanos(1);
    private static final long NEWS_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long FAREWELL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final Processes self;
    private final Map<Integer, Link> links = new ConcurrentSkipListMap<>();
    private final Object lock = new Object();
    private final Map<Integer, Deque<byte[]>> said = new TreeMap<>();
    private final TreeSet<Integer> ended = new TreeSet<>();
    private @Nullable Failure failure;
    private boolean othersAreTold;
    private boolean closing;
    private long round;

    /**
     * Waits for all processes.
     *
     * @throws FinetuneException if they don't come, or one doesn't belong there
     */
    static Meeting of(Processes self) {
        final Meeting meeting = new Meeting(self);
        boolean complete = false;
        try {
            final Turn turn = Turn.next(self);
            if (self.rank() == 0) {
                Rendezvous.gather(self, turn, meeting::join, meeting::check, meeting::sayWaiting);
            } else {
                meeting.join(Rendezvous.reach(self, turn), 0);
            }
            complete = true;
            return meeting;
        } catch (FinetuneException e) {
            meeting.fail(e);
            throw e;
        } finally {
            if (!complete) {
                meeting.close();
            }
        }
    }

    private Meeting(Processes self) {
        this.self = self;
    }

    private void join(Link link, int rank) {
        links.put(rank, link);
        try {
            link.listen(rank, new Link.Listener() {
                @Override
                public void came(int from, Frame frame) {
                    take(from, frame);
                }

                @Override
                public void lost(int from, String why) {
                    final Failure loss = new Failure(
                            "Process " + from + " was lost: " + why
                                    + ". The others end, too; begin again from the last checkpoint, if there is one.",
                            true);
                    link.sendLast(loss.frame());
                    give(loss, from);
                    synchronized (lock) {
                        ended.add(from);
                        lock.notifyAll();
                    }
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that have joined have nothing else to show, either. */
    private void sayWaiting(String forWhom) {
        Warnings.sayAgain(LOG, forWhom);
        tell(Frame.of(Frame.Kind.WAITS, forWhom), self.rank());
    }

    private void take(int rank, Frame frame) {
        switch (frame.kind()) {
            case ROUND -> {
                synchronized (lock) {
                    said.computeIfAbsent(rank, each -> new ArrayDeque<>()).add(frame.bytes());
                    lock.notifyAll();
                }
            }
            case FAILED -> give(new Failure(frame.text(), false));
            case LOST -> give(new Failure(frame.text(), true));
            case BYE -> {
                synchronized (lock) {
                    ended.add(rank);
                    lock.notifyAll();
                }
            }
            case WAITS -> Warnings.sayAgain(LOG, frame.text());
            case HELLO, BEAT -> {}
        }
    }

    private void give(Failure why) {
        give(why, self.rank());
    }

    /** Nothing goes on any more: the others hear why, as far as they can be reached; but for one, which may keep who tells it waiting. */
    private void give(Failure why, int except) {
        synchronized (lock) {
            if (failure != null || closing) {
                return;
            }
            failure = why;
            lock.notifyAll();
        }
        try {
            tell(why.frame(), except);
            links.values().forEach(Link::close);
        } finally {
            synchronized (lock) {
                othersAreTold = true;
                lock.notifyAll();
            }
        }
    }

    private void tell(Frame frame, int except) {
        links.forEach((rank, link) -> {
            if (rank == except) {
                return;
            }
            try {
                link.send(frame);
            } catch (IOException e) {
                LOG.debug("A process couldn't be told", e);
            }
        });
    }

    /** Throws what happened, if a process was lost or has failed. */
    void check() {
        synchronized (lock) {
            if (failure != null) {
                throw failure.exception();
            }
        }
    }

    /** The address of this machine by which it and process 0 reach each other; of process 0, if it can be, one for other machines. */
    InetAddress ownAddress() {
        return links.values().stream()
                .map(Link::ownAddress)
                .min(Comparator.comparing(InetAddress::isLoopbackAddress))
                .orElseThrow();
    }

    /**
     * What all say, in the order of their ranks; waits for them.
     *
     * @throws FinetuneException if one is lost or has failed
     */
    List<byte[]> gather(byte[] own) {
        round++;
        try {
            if (self.rank() > 0) {
                send(0, numbered(own));
                return list(heard(0));
            }
            final List<byte[]> all = new ArrayList<>(List.of(own));
            for (int rank = 1; rank < self.worldSize(); rank++) {
                all.add(heard(rank));
            }
            final byte[] bytes = numbered(bytes(all));
            for (int rank = 1; rank < self.worldSize(); rank++) {
                send(rank, bytes);
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e); // What is read was written by bytes(...).
        }
    }

    private void send(int rank, byte[] bytes) {
        try {
            Objects.requireNonNull(links.get(rank)).send(new Frame(Frame.Kind.ROUND, bytes));
        } catch (IOException e) {
            throw whatHappened(rank);
        }
    }

    /** The connection is gone: the thread that reads it knows why, or is about to. */
    private FinetuneException whatHappened(int rank) {
        synchronized (lock) {
            awaitNews(self.timeout().toNanos());
            return failure == null
                    ? new LostProcessException("Process " + rank + " can't be reached any more.")
                    : failure.exception();
        }
    }

    /** Waits, holding the lock, until it is known that a process was lost or has failed, so long at most. */
    private void awaitNews(long nanos) {
        final long end = System.nanoTime() + nanos;
        boolean interrupted = false;
        while (failure == null && System.nanoTime() < end) {
            interrupted |= !sleep(50);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a process said in this round. */
    private byte[] heard(int rank) {
        boolean interrupted = false;
        try {
            synchronized (lock) {
                final Deque<byte[]> queue = said.computeIfAbsent(rank, each -> new ArrayDeque<>());
                long tellAt = System.nanoTime() + TELL_NANOS;
                while (queue.isEmpty()) {
                    if (failure != null) {
                        throw failure.exception();
                    }
                    if (ended.contains(rank)) {
                        throw new FinetuneException(
                                "Process " + rank + " has come to its end, while process " + self.rank()
                                        + " still goes on: all have to do the same steps. Run the same program in all of them.");
                    }
                    if (System.nanoTime() > tellAt) {
                        LOG.info("Process {} still waits for process {}, which is alive", self.rank(), rank);
                        tellAt += TELL_NANOS;
                    }
                    interrupted |= !sleep(1000);
                }
                return unnumbered(rank, queue.remove());
            }
        } finally {
            if (interrupted) { // It is for whoever trains to stop: all together.
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Gives the lock back meanwhile; false where the thread was interrupted, which is cleared. */
    private boolean sleep(long millis) {
        try {
            lock.wait(millis);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private byte[] numbered(byte[] bytes) {
        final ByteBuffer numbered = ByteBuffer.allocate(Long.BYTES + bytes.length);
        return numbered.putLong(round).put(bytes).array();
    }

    private byte[] unnumbered(int rank, byte[] bytes) {
        final ByteBuffer numbered = ByteBuffer.wrap(bytes);
        final long theirs = numbered.getLong();
        if (theirs != round) {
            throw new FinetuneException("Process " + rank + " is in round " + theirs + ", process " + self.rank()
                    + " in " + round + ": all have to do the same. Run the same program in all of them.");
        }
        final byte[] rest = new byte[numbered.remaining()];
        numbered.get(rest);
        return rest;
    }

    private static byte[] bytes(List<byte[]> all) throws IOException {
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (byte[] each : all) {
                out.writeInt(each.length);
                out.write(each);
            }
        }
        return bytes.toByteArray();
    }

    private List<byte[]> list(byte[] bytes) throws IOException {
        final List<byte[]> all = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            for (int rank = 0; rank < self.worldSize(); rank++) {
                all.add(in.readNBytes(in.readInt()));
            }
        }
        return all;
    }

    /** Why it can't go on, if a process was lost or has failed; waits a little for the news, when something else went wrong. */
    FinetuneException orElse(FinetuneException other) {
        synchronized (lock) {
            if (failure == null || !failure.why().equals(other.getMessage())) {
                awaitNews(NEWS_NANOS);
            }
            // What all come to at once isn't the failure of the one that was heard of first.
            return failure == null || failure.why().endsWith(String.valueOf(other.getMessage()))
                    ? other
                    : failure.exception(other);
        }
    }

    /** Tells the others that this process gives up, and why. */
    void fail(Throwable why) {
        give(new Failure(
                "Process " + self.rank() + " failed: " + (why.getMessage() == null ? why : why.getMessage()),
                why instanceof LostProcessException));
    }

    /**
     * Leaves; waits a little for the others to leave, too, so that what they were told last has come there, or, after a failure, for
     * the thread that tells them of it: with the connections closed before, they would take this process for the lost one.
     */
    @Override
    public void close() {
        synchronized (lock) {
            if (closing) {
                return;
            }
            closing = true;
        }
        if (failure == null) {
            tell(Frame.of(Frame.Kind.BYE, ""), self.rank());
            await(() -> ended.containsAll(links.keySet()));
        } else {
            await(() -> othersAreTold);
        }
        links.values().forEach(Link::close);
    }

    /** Waits a little. */
    private void await(BooleanSupplier come) {
        boolean interrupted = false;
        synchronized (lock) {
            final long end = System.nanoTime() + FAREWELL_NANOS;
            while (!come.getAsBoolean() && System.nanoTime() < end) {
                interrupted |= !sleep(100);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
