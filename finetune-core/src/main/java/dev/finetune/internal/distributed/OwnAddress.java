package dev.finetune.internal.distributed;

import dev.finetune.error.FinetuneException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The address of this machine by which all others reach it. */
final class OwnAddress {
    private static final int ANY_PORT = 9;

    private OwnAddress() {}

    /**
     * Agrees upon it; all processes call this.
     *
     * @param rank which of them this one is
     * @param said what to take, an address, a name or an interface, if that was said
     * @param byLink the address by which this process and process 0 reach each other
     * @param timeout how long nothing may come back where one reaches for another
     * @param gather what each says, told to all
     * @throws FinetuneException if there is no such address here, or those of two processes don't go together, or one doesn't reach the
     *     other
     */
    static String agree(
            int rank,
            Optional<String> said,
            InetAddress byLink,
            Duration timeout,
            Function<byte[], List<byte[]>> gather) {
        final InetAddress first = said.map(each -> said(rank, each, byLink))
                .filter(each -> !each.isAnyLocalAddress()) // That says where to listen, not where one is.
                .orElse(byLink);
        final List<InetAddress> others = all(gather, first);
        final InetAddress own = !first.isLoopbackAddress()
                ? first
                : others.stream()
                        .filter(each -> !each.isLoopbackAddress())
                        .findFirst()
                        .map(each -> towards(rank, each))
                        .orElse(first);
        final List<InetAddress> all = all(gather, own);
        refuseApart(all);
        Reach.check(rank, own, all, timeout, gather);
        return own.getHostAddress();
    }

    private static List<InetAddress> all(Function<byte[], List<byte[]>> gather, InetAddress own) {
        return gather.apply(own.getHostAddress().getBytes(StandardCharsets.UTF_8)).stream()
                .map(each -> literal(new String(each, StandardCharsets.UTF_8)))
                .toList();
    }

    /** Without the interface of the other machine, which may have another name here. */
    private static InetAddress literal(String told) {
        final int scope = told.indexOf('%');
        try {
            return InetAddress.getByName(scope < 0 ? told : told.substring(0, scope));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(told, e); // It is no name.
        }
    }

    private static InetAddress said(int rank, String name, InetAddress byLink) {
        final List<InetAddress> all = here(name);
        return all.stream()
                .filter(each -> each.getClass() == byLink.getClass() && !each.isLinkLocalAddress())
                .findFirst()
                .or(() ->
                        all.stream().filter(each -> !each.isLinkLocalAddress()).findFirst())
                .or(() -> all.stream().findFirst())
                .orElseThrow(() -> new FinetuneException("Process " + rank + " was told to use the address \"" + name
                        + "\", which is neither an address nor an interface of its machine. It has "
                        + Addresses.interfaces() + "."));
    }

    /** What an address, a name or an interface means on this machine; empty if nothing. */
    static List<InetAddress> here(String name) {
        return Addresses.ofInterface(name).orElseGet(() -> named(name));
    }

    private static List<InetAddress> named(String name) {
        try {
            return Addresses.of(name).stream().filter(Addresses::isOwn).toList();
        } catch (UnknownHostException e) {
            return List.of();
        }
    }

    /** The address of this machine from which the other one is reached; nothing is sent. */
    private static InetAddress towards(int rank, InetAddress other) {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(other, ANY_PORT));
            return socket.getLocalAddress();
        } catch (SocketException | RuntimeException e) {
            throw new FinetuneException(
                    "Process " + rank + " knows of no way from its machine to " + other.getHostAddress()
                            + ", where another process is (" + e.getMessage() + "): say ownAddress(...), or"
                            + " GLOO_SOCKET_IFNAME.",
                    e);
        }
    }

    private static void refuseApart(List<InetAddress> all) {
        for (int other = 1; other < all.size(); other++) {
            if (all.get(other).getClass() != all.get(0).getClass()) {
                throw new FinetuneException("Process 0 would use the address "
                        + all.get(0).getHostAddress() + ", and process " + other + " "
                        + all.get(other).getHostAddress()
                        + ": tensors travel either by IPv4 or by IPv6. Say which addresses to take with"
                        + " ownAddress(...), or GLOO_SOCKET_IFNAME, or name an address, not a host, as MASTER_ADDR.");
            }
        }
    }
}
