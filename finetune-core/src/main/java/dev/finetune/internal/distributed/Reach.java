package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Tries whether processes reach each other, all of them: what tells tensors on says late that it can't, and not to whom. */
final class Reach {
    private static final Duration LONGEST = Duration.ofSeconds(15);

    private Reach() {}

    /**
     * Tries it; all processes call this.
     *
     * @param rank which of them this one is
     * @param own the address of this machine, as it knows it itself
     * @param all those of all processes
     * @param timeout how long nothing may come back
     * @param gather what each says, told to all
     * @throws FinetuneException in all of them, the same, where one doesn't reach another
     */
    static void check(
            int rank, InetAddress own, List<InetAddress> all, Duration timeout, Function<byte[], List<byte[]>> gather) {
        final List<String> failed = new ArrayList<>();
        try (ServerSocket server = new ServerSocket()) { // The system itself takes those who come.
            server.bind(new InetSocketAddress(own, 0), all.size() + 16);
            final List<String> ports = told(gather, Integer.toString(server.getLocalPort()));
            for (int other = 0; other < all.size() && failed.isEmpty(); other++) {
                if (other == rank) {
                    continue;
                }
                final int port = Integer.parseInt(ports.get(other));
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(all.get(other), port), (int)
                            Math.min(LONGEST.toMillis(), timeout.toMillis()));
                } catch (IOException e) {
                    failed.add("Process " + rank + " at " + own.getHostAddress() + " doesn't reach process " + other
                            + " at " + all.get(other).getHostAddress() + ":" + port + " (" + e.getMessage() + ")");
                }
            }
            told(gather, String.join("", failed)).stream()
                    .filter(each -> !each.isEmpty())
                    .findFirst()
                    .ifPresent(each -> {
                        throw new FinetuneException(
                                each + ": tensors travel between all processes, by ports that the systems"
                                        + " choose. Let these through, or name a network by which all reach each other:"
                                        + " ownAddress(...), or an interface as GLOO_SOCKET_IFNAME.");
                    });
        } catch (IOException e) {
            throw new FinetuneException(
                    "Process " + rank + " can't listen at " + own.getHostAddress() + ": " + e.getMessage(), e);
        }
    }

    private static List<String> told(Function<byte[], List<byte[]>> gather, String own) {
        return gather.apply(own.getBytes(StandardCharsets.UTF_8)).stream()
                .map(each -> new String(each, StandardCharsets.UTF_8))
                .toList();
    }
}
