package dev.finetune.testkit;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A model hub on the loopback interface, with a second server for large files, as the hub has its storage hosts. It keeps a
 * record of every request, and can be told to misbehave.
 *
 * <pre>{@code
 * try (FakeHub hub = new FakeHub()) {
 *     hub.model("org/tiny").directory(TinyModels.bert(folder));
 *     hub.onStorage("model.safetensors", FakeReply.cutAfter(1000));
 *     ... HubSettings.defaults(cache).withEndpoint(hub.endpoint()) ...
 *     hub.requests()
 * }
 * }</pre>
 *
 * <p>Threads may share it.
 */
public final class FakeHub implements AutoCloseable {
    private static final Pattern API = Pattern.compile("/api/models/(.+)/revision/([^/]+)");
    private static final Pattern RESOLVE = Pattern.compile("/(.+)/resolve/([^/]+)/(.+)");
    private static final Pattern STORED = Pattern.compile("/stored/(.+)/at/([^/]+)/(.+)");

    /** How the hub sends the askers of large files to their contents. */
    public enum Redirects {
        /** It doesn't: it sends them itself. */
        NONE,
        /** To another path of the same host. */
        RELATIVE,
        /** To another host. */
        OTHER_HOST
    }

    /**
     * A request as it arrived.
     *
     * @param onStorage whether it came to the host of large files, and not to the hub itself
     * @param method such as GET
     * @param path without host and query
     * @param headers the first value of each, by its name in lower case
     */
    public record Request(boolean onStorage, String method, String path, Map<String, String> headers) {
        /**
         * {@return the value of a header, if it was sent}
         *
         * @param name in any case of letters
         */
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }
    }

    private final HttpServer hub;
    private final HttpServer storage;
    private final ExecutorService threads = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "fake-hub");
        thread.setDaemon(true);
        return thread;
    });
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Map<String, FakeModel> models = new ConcurrentHashMap<>();
    private final Map<String, Deque<FakeReply>> scripts = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Redirects redirects = Redirects.OTHER_HOST;
    private volatile boolean weakTags;

    /**
     * Starts the two servers, on free ports of the loopback interface.
     *
     * @throws IOException if there is no free port
     */
    public FakeHub() throws IOException {
        hub = start(this::onHub);
        storage = start(this::onStorage);
    }

    /** {@return where the hub is: for {@code HubSettings.withEndpoint}, or the environment's HF_ENDPOINT} */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + hub.getAddress().getPort());
    }

    /**
     * {@return the model of that id, made without files if there is none}
     *
     * @param id such as "org/tiny"
     */
    public FakeModel model(String id) {
        return models.computeIfAbsent(id, FakeModel::new);
    }

    /**
     * Says how askers of large files get to their contents; to another host by default.
     *
     * @param kind from now on
     * @return this
     */
    public FakeHub redirects(Redirects kind) {
        redirects = kind;
        return this;
    }

    /**
     * Marks entity tags as weak from now on: W/"...".
     *
     * @return this
     */
    public FakeHub weakTags() {
        weakTags = true;
        return this;
    }

    /**
     * Gives the next requests to the hub itself these answers, one each.
     *
     * @param part of "METHOD path": only requests that contain it count
     * @param replies in the order in which they are given
     * @return this
     */
    public FakeHub onHub(String part, FakeReply... replies) {
        scripts.computeIfAbsent("hub " + part, key -> new ArrayDeque<>()).addAll(Arrays.asList(replies));
        return this;
    }

    /**
     * Gives the next requests to the host of large files these answers, one each.
     *
     * @param part of the path: only requests that contain it count
     * @param replies in the order in which they are given
     * @return this
     */
    public FakeHub onStorage(String part, FakeReply... replies) {
        scripts.computeIfAbsent("storage " + part, key -> new ArrayDeque<>()).addAll(Arrays.asList(replies));
        return this;
    }

    /** {@return every request so far, in the order of arrival} */
    public List<Request> requests() {
        return List.copyOf(requests);
    }

    /**
     * {@return the requests so far whose "METHOD path" contains a text, in the order of arrival}
     *
     * @param part the text
     */
    public List<Request> requests(String part) {
        return requests.stream()
                .filter(request -> (request.method + " " + request.path).contains(part))
                .toList();
    }

    /** Stops both servers; what is under way breaks off. */
    @Override
    public void close() {
        closing.countDown();
        hub.stop(0);
        storage.stop(0);
        threads.shutdownNow();
    }

    private HttpServer start(Handler handler) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                handler.handle(exchange);
            }
        });
        server.start();
        return server;
    }

    @FunctionalInterface
    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    private void onHub(HttpExchange exchange) throws IOException {
        String path = record(exchange, false);
        Matcher api = API.matcher(exchange.getRequestURI().getRawPath());
        Matcher resolve = RESOLVE.matcher(path);
        Matcher stored = STORED.matcher(path);
        boolean asksForFile = resolve.matches();
        boolean asksForStored = stored.matches();
        Matcher file = asksForStored ? stored : resolve;
        Optional<byte[]> contents = asksForFile || asksForStored
                ? Optional.ofNullable(models.get(file.group(1)))
                        .map(model -> model.file(file.group(3)))
                        .map(FakeModel.Stored::contents)
                : Optional.empty();
        Optional<FakeReply> scripted = scripted("hub ", exchange.getRequestMethod() + " " + path);
        if (scripted.isPresent()) {
            scripted.get().answer(this, exchange, contents);
        } else if (api.matches()) {
            list(exchange, api.group(1), api.group(2).replace("%2F", "/"));
        } else if (asksForFile) {
            resolve(exchange, resolve.group(1), resolve.group(2), resolve.group(3));
        } else if (asksForStored) {
            sendContents(exchange, contents.orElseThrow());
        } else {
            exchange.sendResponseHeaders(404, -1);
        }
    }

    private void onStorage(HttpExchange exchange) throws IOException {
        String path = record(exchange, true);
        Matcher stored = STORED.matcher(path);
        if (!stored.matches()) {
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        byte[] contents = Objects.requireNonNull(model(stored.group(1)).file(stored.group(3)))
                .contents();
        // A storage host has entity tags of its own, which aren't the hub's.
        exchange.getResponseHeaders().set("ETag", "\"storage-tag\"");
        Optional<FakeReply> scripted = scripted("storage ", path);
        if (scripted.isPresent()) {
            scripted.get().answer(this, exchange, Optional.of(contents));
        } else {
            sendContents(exchange, contents);
        }
    }

    private String record(HttpExchange exchange, boolean onStorage) {
        String path = exchange.getRequestURI().getPath();
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        requests.add(new Request(onStorage, exchange.getRequestMethod(), path, headers));
        return path;
    }

    private Optional<FakeReply> scripted(String server, String request) {
        for (Map.Entry<String, Deque<FakeReply>> script : scripts.entrySet()) {
            String key = script.getKey();
            if (key.startsWith(server) && request.contains(key.substring(server.length()))) {
                synchronized (script.getValue()) {
                    FakeReply reply = script.getValue().poll();
                    if (reply != null) {
                        return Optional.of(reply);
                    }
                }
            }
        }
        return Optional.empty();
    }

    private boolean admit(HttpExchange exchange, @Nullable FakeModel model) throws IOException {
        String sent = exchange.getRequestHeaders().getFirst("Authorization");
        if (model == null
                || (model.token().isPresent() && !("Bearer " + model.token().get()).equals(sent) && !model.isGated())) {
            // The hub doesn't tell strangers whether a repository is private or isn't.
            exchange.getResponseHeaders().set("X-Error-Code", "RepoNotFound");
            exchange.getResponseHeaders().set("X-Error-Message", "Repository not found");
            exchange.sendResponseHeaders(sent == null ? 401 : 404, -1);
            return false;
        }
        if (model.isGated() && !("Bearer " + model.token().orElse("")).equals(sent)) {
            exchange.getResponseHeaders().set("X-Error-Code", "GatedRepo");
            exchange.getResponseHeaders().set("X-Error-Message", "Access is restricted; you sent " + sent);
            exchange.sendResponseHeaders(sent == null ? 401 : 403, -1);
            return false;
        }
        return true;
    }

    private void list(HttpExchange exchange, String id, String revision) throws IOException {
        FakeModel model = models.get(id);
        if (!admit(exchange, model) || model == null) {
            return;
        }
        Optional<String> commit = model.commitOf(revision);
        if (commit.isEmpty()) {
            exchange.getResponseHeaders().set("X-Error-Code", "RevisionNotFound");
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        JsonArray siblings = new JsonArray();
        model.files().forEach((name, file) -> {
            JsonObject sibling = new JsonObject();
            sibling.addProperty("rfilename", name);
            sibling.addProperty("size", file.contents().length);
            if (file.large()) {
                JsonObject lfs = new JsonObject();
                lfs.addProperty("sha256", file.tag());
                lfs.addProperty("size", file.contents().length);
                lfs.addProperty("pointerSize", 130);
                sibling.addProperty("blobId", "0123456789012345678901234567890123456789");
                sibling.add("lfs", lfs);
            } else {
                sibling.addProperty("blobId", file.tag());
            }
            siblings.add(sibling);
        });
        JsonObject answer = new JsonObject();
        answer.addProperty("id", id);
        answer.addProperty("sha", commit.get());
        answer.add("siblings", siblings);
        byte[] bytes = answer.toString().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private void resolve(HttpExchange exchange, String id, String revision, String name) throws IOException {
        FakeModel model = models.get(id);
        if (!admit(exchange, model) || model == null) {
            return;
        }
        FakeModel.Stored file = model.file(name);
        if (file == null) {
            exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
            exchange.sendResponseHeaders(404, -1);
            return;
        }
        exchange.getResponseHeaders()
                .set("X-Repo-Commit", model.commitOf(revision).orElseThrow());
        String tag = (weakTags ? "W/" : "") + "\"" + file.tag() + "\"";
        String path = "/stored/" + id + "/at/" + revision + "/" + name;
        if (!file.large() || redirects == Redirects.NONE) {
            exchange.getResponseHeaders().set("ETag", tag);
            sendContents(exchange, file.contents());
            return;
        }
        exchange.getResponseHeaders().set("X-Linked-Etag", tag);
        exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(file.contents().length));
        exchange.getResponseHeaders()
                .set(
                        "Location",
                        redirects == Redirects.RELATIVE
                                ? path
                                : "http://127.0.0.1:" + storage.getAddress().getPort() + path + "?Signature=abc");
        exchange.sendResponseHeaders(redirects == Redirects.RELATIVE ? 307 : 302, -1);
    }

    void sendContents(HttpExchange exchange, byte[] contents) throws IOException {
        byte[] rest = beginContents(exchange, contents, true);
        try (OutputStream body = exchange.getResponseBody()) {
            body.write(rest);
        }
    }

    /** Sends the status and headers, and returns the bytes that the body must have. */
    byte[] beginContents(HttpExchange exchange, byte[] contents, boolean heedRange) throws IOException {
        String range = exchange.getRequestHeaders().getFirst("Range");
        int from = range == null || !heedRange ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.getResponseHeaders().set("Content-Length", Integer.toString(contents.length));
            exchange.sendResponseHeaders(200, -1);
            return new byte[0];
        }
        if (from > 0 && from >= contents.length) {
            exchange.getResponseHeaders().set("Content-Range", "bytes */" + contents.length);
            exchange.sendResponseHeaders(416, -1);
            return new byte[0];
        }
        if (from > 0) {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (contents.length - 1) + "/" + contents.length);
        }
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, contents.length == from ? -1 : contents.length - from);
        return Arrays.copyOfRange(contents, from, contents.length);
    }

    void awaitClosing() {
        try {
            closing.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UncheckedIOException(new IOException(e));
        }
    }
}
