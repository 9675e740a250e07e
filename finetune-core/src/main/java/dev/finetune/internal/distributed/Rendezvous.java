package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Warnings;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How processes find each other: process 0 listens, at the one address where they meet, until all others have come. */
final class Rendezvous {
    private static final Logger LOG = LoggerFactory.getLogger(Processes.class);
    private static final Duration ATTEMPT = Duration.ofSeconds(5);
    private static final int MOST_BYTES = 4096;

    private Rendezvous() {}

    /**
     * Waits for all others, as process 0.
     *
     * @param turn which of its fits it has come to
     * @param joined is given each of them, and its rank
     * @param check throws where one of those that have joined is lost
     * @param waits is told now and then who is still missing
     */
    static void gather(
            Processes self, Turn turn, BiConsumer<Link, Integer> joined, Runnable check, Consumer<String> waits) {
        final TreeSet<Integer> missing = new TreeSet<>();
        for (int rank = 1; rank < self.worldSize(); rank++) {
            missing.add(rank);
        }
        final long end = System.nanoTime() + self.startTimeout().toNanos();
        final Patience patience = new Patience(waits);
        try (Doors doors = listen(self, end)) {
            LOG.info("Process 0 waits at {} for {} more", Addresses.placeAndMeaning(self), missing.size());
            while (!missing.isEmpty()) {
                check.run();
                if (Thread.currentThread().isInterrupted()) {
                    throw new FinetuneException("Interrupted while waiting for the other processes.");
                }
                final long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    turn.back();
                    throw new FinetuneException("Process 0 has waited for "
                            + self.startTimeout().toSeconds()
                            + " s for " + listed(missing, self)
                            + (Addresses.isLocal(self.masterAddress())
                                    ? ", where only processes of this machine can come"
                                    : "")
                            + ". Start all " + self.worldSize() + " with that MASTER_ADDR and MASTER_PORT, see that the"
                            + " port can be reached from their hosts, or give them more time: startTimeout(...).");
                }
                patience.tell("Process 0", () -> listed(missing, self));
                accept(doors.next(Math.min(left, 1000)), self, turn, missing).ifPresent(came -> {
                    missing.remove(came.rank);
                    joined.accept(came.link, came.rank);
                });
            }
        } catch (IOException e) {
            throw new FinetuneException(
                    "Process 0 can't wait for the others at " + Addresses.place(self) + ": " + e, e);
        }
    }

    private static String listed(TreeSet<Integer> ranks, Processes self) {
        final String all = ranks.toString();
        return (ranks.size() == 1 ? "process " : "processes ") + all.substring(1, all.length() - 1) + " at "
                + Addresses.placeAndMeaning(self);
    }

    /** Waits for a name that can't be found yet, as those of pods that have just started. */
    private static Doors listen(Processes self, long end) throws IOException {
        boolean told = false;
        while (true) {
            try {
                final Doors doors = listen(self);
                if (self.meetAtAgent()) {
                    AgentStore.publish(self, AgentStore.nextEntry(self), doors.port());
                }
                return doors;
            } catch (UnknownHostException e) {
                if (System.nanoTime() > end) {
                    throw new FinetuneException(
                            "The address of process 0, " + self.masterAddress() + ", can't be found, after "
                                    + self.startTimeout().toSeconds()
                                    + " s: is it a name that the hosts know (MASTER_ADDR)? An address does, too.",
                            e);
                }
                if (!told) {
                    told = true;
                    Warnings.say(
                            LOG,
                            "The address of process 0, " + self.masterAddress()
                                    + ", can't be found; it is looked up again");
                }
                pause();
            }
        }
    }

    private static Doors listen(Processes self) throws IOException {
        final List<InetAddress> all = Addresses.of(self.masterAddress());
        final List<InetAddress> known = Addresses.listening(self.masterAddress(), all);
        final List<InetAddress> own = known.isEmpty()
                ? self.ownAddress()
                        .map(OwnAddress::here)
                        .filter(each -> !each.isEmpty())
                        .orElse(all.subList(0, 1))
                : known;
        if (own.get(0).isAnyLocalAddress()) {
            LOG.info(
                    "Process 0 listens at all addresses of its machine, where {} means {}",
                    self.masterAddress(),
                    Addresses.told(all.stream()));
        }
        try {
            return new Doors(own, self.meetAtAgent() ? 0 : self.masterPort(), self.worldSize() + 16);
        } catch (BindException e) {
            throw new FinetuneException(
                    "Process 0 can't listen at " + Addresses.placeAndMeaning(self) + " (" + e.getMessage()
                            + "): either the port is in use, by another program or a run that has not quite ended, or the"
                            + " address isn't one of this machine, which has to be the one that MASTER_ADDR names. Choose"
                            + " another port in all processes, or start process 0 there; where the others reach it by an"
                            + " address that isn't its own, such as that of a service, say ownAddress(...) there.",
                    e);
        }
    }

    private record Came(Link link, int rank) {}

    /**
     * The next process that belongs here, if one comes soon; whoever else comes is sent away.
     *
     * @throws FinetuneException if one comes that belongs here, but has gone further already
     */
    private static Optional<Came> accept(Optional<Socket> next, Processes self, Turn turn, TreeSet<Integer> missing)
            throws IOException {
        if (next.isEmpty()) {
            return Optional.empty();
        }
        final Socket socket = next.get();
        try {
            final Link link = new Link(socket, self.timeout());
            final Frame hello = link.read(MOST_BYTES, ATTEMPT);
            Optional<String> refusal = hello.kind() == Frame.Kind.HELLO
                    ? Hello.refusal(hello.text(), self)
                    : Optional.of("it says nothing");
            if (refusal.isEmpty() && !missing.contains(Hello.rank(hello.text()))) {
                refusal = Optional.of("there is a process " + Hello.rank(hello.text()) + " already");
            }
            if (refusal.isPresent()) {
                LOG.warn("A process from {} is turned away: {}", socket.getRemoteSocketAddress(), refusal.get());
                link.send(Frame.of(Frame.Kind.FAILED, refusal.get()));
                socket.close();
                return Optional.empty();
            }
            final int rank = Hello.rank(hello.text());
            final Turn.Said other = Hello.turn(hello.text());
            final Turn.Standing standing = turn.standing(rank, other);
            if (standing == Turn.Standing.BEHIND) {
                final String why = apart(rank, other, 0, turn.said(rank));
                LOG.warn("Process {} is turned away: {}", rank, why);
                link.send(Frame.of(Frame.Kind.FAILED, why));
            } else {
                link.send(Frame.of(Frame.Kind.HELLO, Hello.of(self, turn.said(rank))));
            }
            if (standing == Turn.Standing.TOGETHER) {
                turn.meet(rank, other);
                return Optional.of(new Came(link, rank));
            }
            socket.close();
            if (standing == Turn.Standing.AHEAD || self.meetAtAgent()) {
                throw new FinetuneException("Process 0 can't wait for process " + rank + " any more: "
                        + apart(rank, other, 0, turn.said(rank)) + ".");
            }
            return Optional.empty();
        } catch (FinetuneException e) {
            socket.close();
            throw e;
        } catch (IOException | RuntimeException e) {
            LOG.warn("Something from {} isn't a process of ours: {}", socket.getRemoteSocketAddress(), e.toString());
            socket.close();
            return Optional.empty();
        }
    }

    private static String apart(int rank, Turn.Said one, int other, Turn.Said itself) {
        return "process " + rank + " has come to " + one.told() + ", and process " + other + " to " + itself.told()
                + ": one that failed before it had come to the others goes on with the next; read what may fail within"
                + " FineTuner.reading(...), which tells the others, or give each fit its own job(...)";
    }

    /**
     * The connection to process 0, for which another one waits until it listens, and, if it has to catch up, until it has come to the same
     * fit.
     */
    static Link reach(Processes self, Turn turn) {
        final long end = System.nanoTime() + self.startTimeout().toNanos();
        final Optional<String> entry = self.meetAtAgent() ? Optional.of(AgentStore.nextEntry(self)) : Optional.empty();
        final Patience patience = new Patience(message -> Warnings.sayAgain(LOG, message));
        while (true) {
            final int port = entry.map(name -> AgentStore.port(self, name)).orElse(self.masterPort());
            @Nullable Socket socket = null;
            try {
                socket = connected(Addresses.of(self.masterAddress()), port);
                final Link link = new Link(socket, self.timeout());
                link.send(Frame.of(Frame.Kind.HELLO, Hello.of(self, turn.said(0))));
                final Frame answer = link.read(MOST_BYTES, ATTEMPT.multipliedBy(2));
                if (answer.kind() == Frame.Kind.HELLO) {
                    final Turn.Said lead = Hello.turn(answer.text());
                    if (lead.number() >= turn.said(0).number()) {
                        turn.meet(0, lead);
                        return link;
                    }
                    final String why = apart(self.rank(), turn.said(0), 0, lead);
                    if (!self.meetAtAgent()) {
                        throw new IOException(why);
                    }
                    socket.close();
                    throw new FinetuneException("Process " + self.rank() + " can't go on: " + why + ".");
                }
                socket.close();
                throw new FinetuneException("Process 0 at " + Addresses.place(self) + " turned process " + self.rank()
                        + " away: " + answer.text() + ".");
            } catch (IOException e) {
                close(socket);
                if (System.nanoTime() > end) {
                    turn.back();
                    throw new FinetuneException(
                            "Process " + self.rank() + " has tried for "
                                    + self.startTimeout().toSeconds()
                                    + " s to reach process 0 at " + Addresses.placeAndMeaning(self) + " (" + e
                                    + "). Start process 0 there, see that the port can be reached from here, or give it"
                                    + " more time: startTimeout(...).",
                            e);
                }
                patience.tell(
                        "Process " + self.rank(),
                        () -> "process 0 at " + Addresses.placeAndMeaning(self) + " (" + e + ")");
                pause();
            }
        }
    }

    /** By the first of the addresses by which one gets there. */
    private static Socket connected(List<InetAddress> addresses, int port) throws IOException {
        final List<String> failed = new ArrayList<>();
        for (InetAddress address : addresses) {
            final Socket socket = new Socket();
            try {
                socket.connect(new InetSocketAddress(address, port), (int) ATTEMPT.toMillis());
                return socket;
            } catch (IOException e) {
                close(socket);
                if (addresses.size() == 1) {
                    throw e;
                }
                failed.add(address.getHostAddress() + ": " + e.getMessage());
            }
        }
        throw new ConnectException(String.join("; ", failed));
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FinetuneException("Interrupted while waiting for the other processes.", e);
        }
    }

    private static void close(@Nullable Socket socket) {
        try {
            if (socket != null) {
                socket.close();
            }
        } catch (IOException e) {
            // Another one is tried.
        }
    }
}
