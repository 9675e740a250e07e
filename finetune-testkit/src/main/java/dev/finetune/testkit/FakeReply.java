package dev.finetune.testkit;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.Optional;

/** An answer of a {@link FakeHub} other than the usual one. */
@FunctionalInterface
public interface FakeReply {
    /**
     * Answers a request.
     *
     * @param hub which was asked
     * @param exchange the request, and where the answer goes; closed afterwards
     * @param contents of the file that was asked for; empty if it was none
     * @throws IOException if the asker is gone
     */
    void answer(FakeHub hub, HttpExchange exchange, Optional<byte[]> contents) throws IOException;

    /**
     * {@return a bare status with headers}
     *
     * @param status such as 503
     * @param headers name, value, name, value ...
     */
    static FakeReply status(int status, String... headers) {
        return (hub, exchange, contents) -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
        };
    }

    /**
     * {@return the usual answer, of which the connection is closed before its end}
     *
     * @param bytes how many of the contents are sent
     */
    static FakeReply cutAfter(int bytes) {
        return (hub, exchange, contents) -> {
            final byte[] rest = hub.beginContents(exchange, contents.orElseThrow(), true);
            exchange.getResponseBody().write(rest, 0, Math.min(bytes, rest.length));
            exchange.getResponseBody().flush();
        };
    }

    /**
     * {@return the usual answer, which stops before its end and leaves the connection open}
     *
     * @param bytes how many of the contents are sent
     */
    static FakeReply silentAfter(int bytes) {
        return (hub, exchange, contents) -> {
            final byte[] rest = hub.beginContents(exchange, contents.orElseThrow(), true);
            exchange.getResponseBody().write(rest, 0, Math.min(bytes, rest.length));
            exchange.getResponseBody().flush();
            hub.awaitClosing();
        };
    }

    /** {@return the whole contents, whatever range was asked for} */
    static FakeReply ignoringRange() {
        return (hub, exchange, contents) -> {
            final byte[] all = hub.beginContents(exchange, contents.orElseThrow(), false);
            exchange.getResponseBody().write(all);
        };
    }

    /**
     * {@return other contents than the file's}
     *
     * @param other sent whole
     */
    static FakeReply contents(byte[] other) {
        return (hub, exchange, contents) -> {
            exchange.sendResponseHeaders(200, other.length);
            exchange.getResponseBody().write(other);
        };
    }

    /** {@return the usual answer to who asks for a file} */
    static FakeReply usual() {
        return (hub, exchange, contents) -> hub.sendContents(exchange, contents.orElseThrow());
    }
}
