package dev.finetune.live;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.finetune.error.FinetuneException;
import dev.finetune.html.LivePage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves one page on 127.0.0.1, and the script that renews it, to requests that name this machine: a page of another site whose name
 * was made to mean 127.0.0.1 gets nothing.
 */
final class LiveServer implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int BACKLOG = 16;
    private static final int THREADS = 16;
    private static final long CLOSING_SECONDS = 5;

    /** A page isn't made anew more often than this, whoever asks. */
    private static final long FRESH_NANOSECONDS = 500_000_000;

    private final HttpServer server;
    private final ExecutorService threads;

    /** Those that {@link #threads} ever started. */
    private final Queue<Thread> started;

    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final CountDownLatch lastWasSeen = new CountDownLatch(1);
    private volatile boolean isWatched;

    /** Guarded by this. */
    private Supplier<String> page = LivePage::ofNothing;

    private byte @Nullable [] made;
    private long madeAt;
    private boolean isLast;

    private LiveServer(HttpServer server, ExecutorService threads, Queue<Thread> started) {
        this.server = server;
        this.threads = threads;
        this.started = started;
    }

    /**
     * Listens.
     *
     * @throws FinetuneException if the port isn't free
     */
    static LiveServer open(int port) {
        final HttpServer server;
        try {
            server = HttpServer.create(
                    new InetSocketAddress(InetAddress.getByAddress(LOOPBACK, new byte[] {127, 0, 0, 1}), port),
                    BACKLOG);
        } catch (IOException e) {
            throw new FinetuneException(
                    "The fit can't be shown on port " + port + " of " + LOOPBACK + " (" + e.getMessage()
                            + "), for something else listens there, or this user may not. Give another port, or 0 for any that"
                            + " is free.",
                    e);
        }
        final Queue<Thread> started = new ConcurrentLinkedQueue<>();
        final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            final Thread thread = new Thread(task, "finetune-live");
            thread.setDaemon(true);
            started.add(thread);
            return thread;
        });
        final LiveServer opened = new LiveServer(server, threads, started);
        server.setExecutor(threads);
        server.createContext("/", opened::answer);
        server.start();
        return opened;
    }

    URI address() {
        return URI.create("http://" + LOOPBACK + ":" + server.getAddress().getPort() + "/");
    }

    /** From now on the page is this, made when somebody asks. */
    synchronized void show(Supplier<String> next) {
        page = next;
        made = null;
    }

    /** Something happened that whoever looks is to see at once. */
    synchronized void renew() {
        made = null;
    }

    /** The page for the last time; where somebody has been looking, it is waited for. */
    void showLast(Supplier<String> last, Duration longest) {
        synchronized (this) {
            show(last);
            isLast = true;
        }
        if (isWatched) {
            try {
                lastWasSeen.await(longest.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (!isOfThisMachine(exchange.getRequestHeaders())) {
                send(exchange, 421, "text/plain", "This page is for http://127.0.0.1 and http://localhost alone.");
            } else if (!exchange.getRequestMethod().equals("GET")) {
                exchange.getResponseHeaders().set("Allow", "GET");
                if (exchange.getRequestMethod().equals("HEAD")) {
                    exchange.sendResponseHeaders(405, -1); // With a length the JDK's server would warn on the console.
                    return;
                }
                send(exchange, 405, "text/plain", "This page can be read, and nothing else.");
            } else {
                switch (Objects.requireNonNullElse(exchange.getRequestURI().getRawPath(), "")) {
                    case "/" -> page(exchange);
                    case LivePage.SCRIPT_PATH -> send(exchange, 200, "text/javascript", LivePage.script());
                    default -> send(exchange, 404, "text/plain", "There is one page here: /");
                }
            }
        }
    }

    /** Whether a request was sent to this machine by its own name. */
    private boolean isOfThisMachine(Headers headers) {
        final List<String> hosts = headers.getOrDefault("Host", List.of());
        final String port = ":" + server.getAddress().getPort();
        return hosts.size() == 1
                && List.of(LOOPBACK + port, "localhost" + port, "localhost." + port)
                        .contains(hosts.get(0).toLowerCase(Locale.ROOT));
    }

    private void page(HttpExchange exchange) throws IOException {
        isWatched = true;
        final byte[] bytes;
        final boolean wasLast;
        synchronized (this) {
            wasLast = isLast;
            if (made == null || !isLast && System.nanoTime() - madeAt > FRESH_NANOSECONDS) {
                made = make();
                madeAt = System.nanoTime();
            }
            bytes = made;
        }
        send(exchange, 200, "text/html", bytes);
        if (wasLast) {
            lastWasSeen.countDown();
        }
    }

    /** The page; where it can't be made, one that says so. */
    private byte[] make() {
        try {
            return page.get().getBytes(StandardCharsets.UTF_8);
        } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            failure.compareAndSet(null, e);
            return LivePage.ofNothing().getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Why a page couldn't be made, if that wasn't taken before. */
    Optional<Throwable> takeFailure() {
        return Optional.ofNullable(failure.getAndSet(null));
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        send(exchange, status, type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] bytes) throws IOException {
        final Headers headers = exchange.getResponseHeaders();
        Map.of(
                        "Content-Type", type + "; charset=utf-8",
                        "Content-Security-Policy", LivePage.POLICY,
                        "Cache-Control", "no-store",
                        "Cross-Origin-Resource-Policy", "same-origin",
                        "Referrer-Policy", "no-referrer",
                        "X-Content-Type-Options", "nosniff",
                        "X-Frame-Options", "DENY",
                        "Connection", "close")
                .forEach(headers::set);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** Nothing listens any more, and no thread is left: one that writes to somebody who doesn't read finds it closed. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSING_SECONDS);
        try {
            for (Thread thread : started) { // A pool calls itself ended while its last thread still ends.
                TimeUnit.NANOSECONDS.timedJoin(thread, end - System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
