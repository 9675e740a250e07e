package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpHeaders;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Predicate;

/** Where a redirect may lead: to the web, never from https to http, and never to what only this machine or its link reaches. */
final class RedirectTarget {
    private RedirectTarget() {}

    /**
     * The address that an answer sends us to.
     *
     * @param what what was asked for, for messages
     * @throws FinetuneException if there is none, or it is refused
     */
    static URI of(URI from, HttpHeaders headers, String what) {
        String said = headers.firstValue("Location").orElse("");
        URI target;
        try {
            target = from.resolve(URI.create(said));
        } catch (IllegalArgumentException e) {
            throw nowhere(from, said, what, e);
        }
        if (said.isBlank()) {
            throw nowhere(from, said, what, new IllegalArgumentException("no Location"));
        }
        String scheme = target.getScheme() == null ? "" : target.getScheme().toLowerCase(Locale.ROOT);
        boolean secure = "https".equalsIgnoreCase(from.getScheme());
        if (target.getHost() == null || !(scheme.equals("https") || (scheme.equals("http") && !secure))) {
            throw refused(from, target, what, "expected " + (secure ? "https" : "http or https"));
        }
        if (target.getPort() > 65_535) {
            throw refused(from, target, what, "there is no such port");
        }
        if (is(target, RedirectTarget::isForThisLinkOnly)
                || (is(target, InetAddress::isLoopbackAddress) && !is(from, InetAddress::isLoopbackAddress))) {
            throw refused(from, target, what, "only this machine, or its own link, reaches that address");
        }
        return target;
    }

    private static FinetuneException nowhere(URI from, String said, String what, RuntimeException e) {
        return new FinetuneException(
                from.getHost() + " redirects the request for " + what + " to nowhere: expected an address in the header"
                        + " 'Location', found '" + SafeName.printable(said)
                        + "'. Check HF_ENDPOINT, and whether a proxy stands in between.",
                e);
    }

    private static FinetuneException refused(URI from, URI target, String what, String why) {
        return new FinetuneException(from.getHost() + " redirects the request for " + what + " to '"
                + SafeName.printable(target.getScheme() + "://" + target.getHost()) + "', which is refused: " + why
                + ". Check HF_ENDPOINT, and whether a proxy stands in between.");
    }

    /** Addresses that no router forwards, such as 169.254.169.254, where clouds tell machines their secrets. */
    private static boolean isForThisLinkOnly(InetAddress address) {
        return address.isLinkLocalAddress() || address.isAnyLocalAddress() || address.isMulticastAddress();
    }

    /** Whether one of a host's addresses is of a kind; behind a proxy, which looks names up itself, only addresses are judged. */
    private static boolean is(URI uri, Predicate<InetAddress> kind) {
        String host = uri.getHost();
        boolean literal = host.startsWith("[") || host.matches("(.*\\.)?(\\d+|0[xX][0-9a-fA-F]+)\\.?");
        ProxySelector proxies = ProxySelector.getDefault();
        if (!literal
                && proxies != null
                && proxies.select(uri).stream().anyMatch(proxy -> proxy.type() != Proxy.Type.DIRECT)) {
            return false;
        }
        try {
            return Arrays.stream(InetAddress.getAllByName(host)).anyMatch(kind);
        } catch (UnknownHostException e) {
            return false; // Connecting will say so.
        }
    }
}
