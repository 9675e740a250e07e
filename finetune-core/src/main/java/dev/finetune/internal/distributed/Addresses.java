package dev.finetune.internal.distributed;

import dev.finetune.distributed.Processes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What names and addresses of machines mean here. */
final class Addresses {
    private static final String LOCALHOST = "localhost";

    private Addresses() {}

    /** All addresses that a name has, as one address or name in brackets may be written. */
    static List<InetAddress> of(String name) throws UnknownHostException {
        return List.of(InetAddress.getAllByName(name));
    }

    /**
     * Where process 0 listens: at those of its addresses that are this machine's. Where the name of a machine means its own loopback to
     * itself, as on Debian, and another address to others, at all; empty where none of them is known to be this machine's.
     */
    static List<InetAddress> listening(String name, List<InetAddress> all) throws UnknownHostException {
        final List<InetAddress> own = all.stream().filter(Addresses::isOwn).toList();
        final List<InetAddress> reached =
                own.stream().filter(each -> !each.isLoopbackAddress()).toList();
        if (!reached.isEmpty() || own.isEmpty()) {
            return reached;
        }
        return isLocal(name) || isLiteral(name.toLowerCase(Locale.ROOT))
                ? own
                : List.of(new InetSocketAddress(0).getAddress());
    }

    /** Whether a name or an address means the loopback of whoever reads it. */
    static boolean isLocal(String name) {
        final String lower = name.toLowerCase(Locale.ROOT);
        return lower.equals(LOCALHOST)
                || lower.endsWith("." + LOCALHOST)
                || lower.startsWith("localhost.")
                || lower.equals("ip6-localhost")
                || lower.equals("ip6-loopback")
                || lower.startsWith("127.")
                || unbracketed(lower).equals("::1");
    }

    private static boolean isLiteral(String lower) {
        return lower.indexOf(':') >= 0 || lower.chars().allMatch(each -> each == '.' || each >= '0' && each <= '9');
    }

    /** Whether an address is known to be one of this machine's. */
    static boolean isOwn(InetAddress address) {
        try {
            return address.isAnyLocalAddress()
                    || address.isLoopbackAddress() && address.getAddress().length == 4
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException e) {
            return false;
        }
    }

    /** The addresses of an interface of this machine, if it has one of that name. */
    static Optional<List<InetAddress>> ofInterface(String name) {
        try {
            return Optional.ofNullable(NetworkInterface.getByName(name))
                    .map(each -> Collections.list(each.getInetAddresses()));
        } catch (SocketException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** The interfaces of this machine and their addresses, for errors. */
    static String interfaces() {
        try {
            return NetworkInterface.networkInterfaces()
                    .filter(each -> each.inetAddresses().findAny().isPresent())
                    .map(each -> each.getName() + " (" + told(each.inetAddresses()) + ")")
                    .collect(Collectors.joining(", "));
        } catch (SocketException e) {
            return "none that could be listed: " + e.getMessage();
        }
    }

    static String told(Stream<InetAddress> addresses) {
        return addresses.map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    }

    /** An address of IPv6 without the brackets in which it may be written. */
    static String unbracketed(String address) {
        return address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
    }

    /** Where all meet, as it was said. */
    static String place(Processes self) {
        final String address = self.masterAddress();
        return (address.indexOf(':') >= 0 && !address.startsWith("[") ? "[" + address + "]" : address) + ":"
                + self.masterPort();
    }

    /** The same with what the name means here, where it is a name. */
    static String placeAndMeaning(Processes self) {
        try {
            final InetAddress[] all = InetAddress.getAllByName(self.masterAddress());
            final boolean isName = Arrays.stream(all)
                    .noneMatch(each -> each.toString().startsWith("/")); // Of a literal no name is known.
            return place(self) + (isName ? ", which is " + told(Arrays.stream(all)) + " here" : "");
        } catch (UnknownHostException e) {
            return place(self) + ", a name that can't be found here";
        }
    }
}
