package dev.finetune.hub;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Speaks HTTP with a hub. Redirects are followed here, not by the JDK's client, so that the token goes to the hub's own
 * scheme, host and port and nowhere else. Threads may share it.
 */
final class HubClient {
    private static final int MAX_REDIRECTS = 10;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    private final HubSettings settings;
    private final Retries retries;
    private @Nullable HttpClient http;

    HubClient(HubSettings settings, Retries retries) {
        this.settings = settings;
        this.retries = retries;
    }

    /**
     * What the hub says about one file before it sends it.
     *
     * @param tag the entity tag without quotes: the blob's name in the cache
     * @param size in bytes
     */
    record FileHead(String tag, OptionalLong size) {}

    /** The last hop's answer, whose body is still arriving, and what all hops said about the file. */
    record Answer(int status, HttpHeaders headers, TimedBody body, LinkedFile linked) implements AutoCloseable {
        @Override
        public void close() {
            body.close();
        }
    }

    /** The headers by which the hub describes the file that a redirect leads to; what came first counts. */
    record LinkedFile(Optional<String> linkedTag, Optional<String> linkedSize, Optional<String> tag) {
        LinkedFile then(HttpHeaders headers) {
            return new LinkedFile(
                    linkedTag.or(() -> headers.firstValue("X-Linked-Etag")),
                    linkedSize.or(() -> headers.firstValue("X-Linked-Size")),
                    headers.firstValue("ETag").or(() -> tag));
        }
    }

    /** Asks which commit a revision is, and which files it has. */
    Listing listing(ModelId id, Revision revision) throws IOException, InterruptedException {
        URI uri = URI.create(settings.endpoint() + "/api/models/" + id.value() + "/revision/"
                + encoded(revision.name()).replace("/", "%2F") + "?blobs=true");
        Refusal refusal = refusal(id, revision.name(), Optional.empty());
        String source = settings.endpoint() + "/api/models/" + id.value();
        byte[] json = retries.run("Asking " + settings.endpoint() + " about " + id.value(), () -> {
            try (Answer answer = send("GET", uri, 0, refusal)) {
                return answer.body().all(settings.limits().jsonBytes(), source);
            }
        });
        Listing listing = Listing.parse(json, source, settings.limits());
        if (revision.isCommit() && !listing.commit().equals(revision.name())) {
            throw new FinetuneException(source + " answers with the commit '" + listing.commit() + "' where '"
                    + revision.name() + "' was asked for. Check that HF_ENDPOINT is a model hub.");
        }
        return listing;
    }

    /** Asks for a file's entity tag and size. */
    FileHead head(ModelId id, String commit, String file) throws IOException, InterruptedException {
        Refusal refusal = refusal(id, commit, Optional.of(file));
        return retries.run("Asking " + settings.endpoint() + " about " + file + " of " + id.value(), () -> {
            try (Answer answer = send("HEAD", fileUri(id, commit, file), 0, refusal)) {
                LinkedFile linked = answer.linked();
                String tag = linked.linkedTag()
                        .or(linked::tag)
                        .map(HubClient::bareTag)
                        .orElse("");
                if (!SafeName.isSingle(tag)) {
                    throw new FinetuneException(settings.endpoint() + " announces " + file + " of " + id.value()
                            + " with the entity tag '" + SafeName.printable(tag)
                            + "'; expected a checksum. Check that HF_ENDPOINT is a model hub.");
                }
                boolean redirect = REDIRECTS.contains(answer.status());
                Optional<String> size = linked.linkedSize()
                        .or(() -> redirect ? Optional.empty() : answer.headers().firstValue("Content-Length"));
                return new FileHead(
                        tag, size.map(text -> announced(text, refusal)).orElse(OptionalLong.empty()));
            }
        });
    }

    private OptionalLong announced(String size, Refusal refusal) {
        if (!size.matches("\\d{1,15}")) {
            throw new FinetuneException(settings.endpoint() + " announces " + refusal.what() + " with the size '"
                    + SafeName.printable(size) + "'; expected a whole number of bytes below 10^15.");
        }
        return OptionalLong.of(Long.parseLong(size));
    }

    /**
     * Begins to receive a file, once, without retries.
     *
     * @param from the first byte wanted; the answer's status is 206 if the server heeds it, 200 if it sends everything,
     *     416 if there is no such byte
     */
    Answer open(ModelId id, String commit, String file, long from) throws IOException, InterruptedException {
        return send("GET", fileUri(id, commit, file), from, refusal(id, commit, Optional.of(file)));
    }

    private Refusal refusal(ModelId id, String revision, Optional<String> file) {
        return new Refusal(settings.endpoint(), id, revision, file, settings.token());
    }

    private URI fileUri(ModelId id, String commit, String file) {
        return URI.create(settings.endpoint() + "/" + id.value() + "/resolve/" + commit + "/" + encoded(file));
    }

    private static String encoded(String path) {
        return URLEncoder.encode(path, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%2F", "/");
    }

    /** An entity tag as huggingface_hub names files by it: without the weak mark W/ and without quotes. */
    private static String bareTag(String tag) {
        return tag.strip().replaceFirst("^W/", "").replaceAll("^\"|\"$", "");
    }

    /** Sends one request and follows its redirects; a HEAD stops where the hub has described the file. */
    private Answer send(String method, URI start, long from, Refusal refusal) throws IOException, InterruptedException {
        URI at = start;
        LinkedFile linked = new LinkedFile(Optional.empty(), Optional.empty(), Optional.empty());
        for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
            Answer answer = exchange(method, at, from, linked);
            linked = answer.linked();
            if (!REDIRECTS.contains(answer.status())) {
                requireSuccess(answer, at, refusal, from > 0);
                return answer;
            }
            URI next = target(answer, at, refusal);
            if (method.equals("HEAD") && !isHub(next) && linked.linkedTag().isPresent()) {
                return answer;
            }
            answer.close();
            at = next;
        }
        throw new FinetuneException(settings.endpoint() + " redirects the request for " + refusal.what()
                + " more than " + MAX_REDIRECTS
                + " times; expected the file. Check HF_ENDPOINT.");
    }

    private URI target(Answer answer, URI at, Refusal refusal) {
        try {
            return RedirectTarget.of(at, answer.headers(), refusal.what());
        } catch (FinetuneException e) {
            answer.close();
            throw e;
        }
    }

    private void requireSuccess(Answer answer, URI at, Refusal refusal, boolean ofRange) throws RetryableResponse {
        int status = answer.status();
        if (status == 200 || (ofRange && (status == 206 || status == 416))) {
            requireUncompressed(answer, at, refusal);
            return;
        }
        answer.close();
        boolean passing = status == 408 || status == 429 || status >= 500;
        // A storage host refuses when its signed address has expired; asking the hub again gives a fresh one.
        boolean expired = !isHub(at) && (status == 401 || status == 403);
        if (passing || expired) {
            throw new RetryableResponse(at.getHost() + " answers with status " + status, answer.headers());
        }
        throw refusal.of(status, answer.headers());
    }

    /** Nothing else was asked for: a checksum and a size are those of the file as it is. */
    private static void requireUncompressed(Answer answer, URI at, Refusal refusal) {
        String encoding = answer.headers().firstValue("Content-Encoding").orElse("identity");
        if (!encoding.strip().equalsIgnoreCase("identity")) {
            answer.close();
            throw new FinetuneException(at.getHost() + " sends " + refusal.what() + " encoded as '"
                    + SafeName.printable(encoding)
                    + "', which wasn't asked for; expected it as it is. Check proxies and"
                    + " mirrors (HF_ENDPOINT) that change files on the way.");
        }
    }

    private Answer exchange(String method, URI uri, long from, LinkedFile before)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .setHeader("User-Agent", "finetune-java")
                .setHeader("Accept-Encoding", "identity");
        if (from > 0) {
            request.setHeader("Range", "bytes=" + from + "-");
        }
        if (isHub(uri)) {
            settings.token().ifPresent(token -> request.setHeader("Authorization", "Bearer " + token));
        }
        // The client's own future fails when the connection is cut soon after the head, and hides what has arrived.
        CompletableFuture<Answer> answered = new CompletableFuture<>();
        HttpResponse.BodyHandler<TimedBody> handler = head -> {
            TimedBody body = new TimedBody(settings.patience());
            answered.complete(new Answer(head.statusCode(), head.headers(), body, before.then(head.headers())));
            return body;
        };
        CompletableFuture<HttpResponse<TimedBody>> sent = http().sendAsync(request.build(), handler)
                .whenComplete((response, failure) -> {
                    if (failure != null) {
                        answered.completeExceptionally(failure);
                    }
                });
        return await(answered, sent, uri.getHost());
    }

    private Answer await(CompletableFuture<Answer> answered, Future<?> sent, String host)
            throws IOException, InterruptedException {
        long patience = settings.patience()
                .connectTimeout()
                .plus(settings.patience().readTimeout())
                .toMillis();
        boolean here = false;
        try {
            Answer answer = answered.get(patience, TimeUnit.MILLISECONDS);
            here = true;
            return answer;
        } catch (TimeoutException e) {
            throw new HttpTimeoutException(host + " didn't answer within " + patience + " ms");
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() instanceof CompletionException wrapped ? wrapped.getCause() : e.getCause();
            if (cause instanceof IOException io) {
                throw io;
            }
            throw new IOException("the request to " + host + " failed", cause);
        } finally {
            if (!here) {
                sent.cancel(true);
            }
        }
    }

    /** Whether the address is the hub itself: same scheme, host and port. */
    private boolean isHub(URI uri) {
        URI hub = settings.endpoint();
        return hub.getScheme().equalsIgnoreCase(uri.getScheme())
                && hub.getHost().equalsIgnoreCase(uri.getHost())
                && port(hub) == port(uri);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    /** The client, made when first needed: offline and local work starts no threads. */
    private synchronized HttpClient http() {
        HttpClient client = http;
        if (client == null) {
            // HTTP/1.1: its large downloads are faster than over one HTTP/2 connection, and every mirror speaks it.
            client = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(settings.patience().connectTimeout())
                    .build();
            http = client;
        }
        return client;
    }
}
