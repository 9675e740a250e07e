package dev.finetune.internal.distributed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One port of several addresses of this machine, at which process 0 listens. */
final class Doors implements AutoCloseable {
    private static final int TURN_MILLIS = 20;

    private final List<ServerSocket> servers = new ArrayList<>();

    /**
     * Begins to listen.
     *
     * @param port 0 for one that the system chooses
     * @param waiting how many may wait at each to be let in
     */
    Doors(List<InetAddress> addresses, int port, int waiting) throws IOException {
        try {
            for (InetAddress address : addresses) {
                final ServerSocket server = new ServerSocket();
                servers.add(server);
                server.setReuseAddress(true);
                server.bind(new InetSocketAddress(address, servers.size() > 1 ? port() : port), waiting);
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    int port() {
        return servers.get(0).getLocalPort();
    }

    /** Whoever comes next, if one comes in time. */
    Optional<Socket> next(long millis) throws IOException {
        final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        final int turn = servers.size() == 1 ? (int) Math.max(1, millis) : TURN_MILLIS;
        do {
            for (ServerSocket server : servers) {
                server.setSoTimeout(turn);
                try {
                    return Optional.of(server.accept());
                } catch (SocketTimeoutException e) {
                    // The next one.
                }
            }
        } while (System.nanoTime() < end);
        return Optional.empty();
    }

    @Override
    public void close() {
        for (ServerSocket server : servers) {
            try {
                server.close();
            } catch (IOException e) {
                // Nobody is let in any more.
            }
        }
    }
}
