package dev.finetune.internal.distributed;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The connection to another process. One thread reads it, another says regularly that this process is alive, so that silence means
 * that the other one hangs or is gone.
 */
final class Link implements AutoCloseable {
    private static final int DRAIN_MILLIS = 2000;

    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final Duration timeout;
    private volatile boolean closed;

    /** Who is told what happens, by the thread that reads. */
    interface Listener {
        /** A frame came that isn't just a sign of life. */
        void came(int rank, Frame frame);

        /** Nothing will come any more. */
        void lost(int rank, String why);
    }

    /**
     * A connection that nobody listens to yet.
     *
     * @param socket now owned
     * @param timeout how long silence may last
     */
    Link(Socket socket, Duration timeout) throws IOException {
        this.socket = socket;
        this.timeout = timeout;
        socket.setTcpNoDelay(true);
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
        this.out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
    }

    /** The address of this machine that the connection goes by. */
    InetAddress ownAddress() {
        return socket.getLocalAddress();
    }

    /** Reads a frame, before anybody listens. */
    Frame read(int mostBytes, Duration patience) throws IOException {
        socket.setSoTimeout(Math.toIntExact(Math.max(1, patience.toMillis())));
        return Frame.read(in, mostBytes);
    }

    /**
     * Begins to listen, and to say that this process is alive.
     *
     * @param rank who is at the other end
     */
    void listen(int rank, Listener listener) throws IOException {
        socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
        start("finetune-link-" + rank, () -> readAll(rank, listener));
        start("finetune-heart-" + rank, this::beat);
    }

    private static Thread start(String name, Runnable work) {
        final Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void readAll(int rank, Listener listener) {
        boolean saidBye = false;
        try {
            while (true) {
                final Frame frame = Frame.read(in);
                saidBye |= frame.kind() == Frame.Kind.BYE;
                if (frame.kind() != Frame.Kind.BEAT) {
                    listener.came(rank, frame);
                }
            }
        } catch (EOFException e) {
            if (!saidBye) {
                lost(rank, listener, "its connection ended without a word: it was killed, or it crashed");
            }
        } catch (SocketTimeoutException e) {
            lost(
                    rank,
                    listener,
                    "nothing was heard of it for " + timeout.toSeconds()
                            + " s: it hangs or is stopped, or the network between is gone");
        } catch (IOException | RuntimeException e) {
            lost(
                    rank,
                    listener,
                    "its connection ended without a word (" + e.getMessage() + "): it was killed, or it crashed");
        } finally {
            try {
                socket.close();
            } catch (IOException e) {
                // It is of no use any more.
            }
        }
    }

    private void lost(int rank, Listener listener, String why) {
        if (!closed) {
            listener.lost(rank, why);
        }
    }

    /**
     * Sends a frame to one that is taken for lost, without waiting long: it may be that only what comes from there is lost, or that it goes
     * on later; it may as well be that nothing can be sent any more.
     */
    void sendLast(Frame frame) {
        final Thread sends = start("finetune-last-word", () -> {
            try {
                send(frame);
            } catch (IOException e) {
                // It doesn't hear it.
            }
        });
        try {
            sends.join(DRAIN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Several times within the time that silence may last. */
    private void beat() {
        final long pause = Math.max(50, Math.min(1000, timeout.toMillis() / 5));
        try {
            while (!closed) {
                send(new Frame(Frame.Kind.BEAT, new byte[0]));
                TimeUnit.MILLISECONDS.sleep(pause);
            }
        } catch (IOException e) {
            // The thread that reads tells what happened.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Sends a frame; waits where the other end doesn't take it, until that is found to be lost. */
    void send(Frame frame) throws IOException {
        synchronized (out) {
            frame.write(out);
        }
    }

    /**
     * Ends it, once what was sent has gone; whoever waits to send more gets an error. What still comes is read for a while: a connection
     * that is closed with something unread takes back what was sent.
     */
    @Override
    public void close() {
        closed = true;
        try {
            socket.setSoTimeout(DRAIN_MILLIS);
            socket.shutdownOutput();
        } catch (IOException e) {
            // It is of no use any more.
        }
    }
}
