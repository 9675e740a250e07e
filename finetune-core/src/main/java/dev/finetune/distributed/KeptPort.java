package dev.finetune.distributed;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A free port of this machine, kept for process 0 until this is closed: for whoever starts processes here, and has to tell all of them
 * where they meet before the first of them listens.
 *
 * <pre>{@code
 * try (KeptPort port = KeptPort.any()) {
 *     // Start each with Processes.of(rank, 4, "127.0.0.1", port.number()).environment(), and wait for their end.
 * }
 * }</pre>
 *
 * <p>On Linux the system gives the port to nobody else meanwhile, neither to those who listen at any port nor to those who connect;
 * process 0 listens there all the same, in this program or in another one. (The port is bound, but nobody listens, and both say
 * {@code SO_REUSEADDR}. So could a program that asks for this very port.) Other systems don't have that: there it was free, and no more.
 */
public final class KeptPort implements AutoCloseable {
    private static final boolean IS_KEPT = System.getProperty("os.name", "").startsWith("Linux");

    private final Socket socket;
    private final int number;

    private KeptPort(Socket socket) {
        this.socket = socket;
        this.number = socket.getLocalPort();
    }

    /**
     * {@return a port that is free at all addresses of this machine}
     *
     * @throws FinetuneException if there is none
     */
    public static KeptPort any() {
        final Socket socket = new Socket();
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(0));
            final KeptPort kept = new KeptPort(socket);
            if (!IS_KEPT) {
                socket.close();
            }
            return kept;
        } catch (IOException e) {
            closed(socket);
            throw new FinetuneException("There is no free port on this host: " + e, e);
        }
    }

    /** {@return the port} */
    public int number() {
        return number;
    }

    /** Gives it back to the system; process 0 goes on to listen there, if it does. */
    @Override
    public void close() {
        closed(socket);
    }

    private static void closed(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is no longer bound all the same.
        }
    }
}
