package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.FakeHub;
import dev.finetune.testkit.FakeModel;
import dev.finetune.testkit.FakeReply;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a hub that is broken or means harm: each an exception of ours, within seconds, and nothing in the cache. */
@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HostileHubTest {
    private static final String FILE = "model.safetensors";
    private static final String GOOD = "0123456789";
    private static final String COMMIT = FakeModel.sha("SHA-1", "org/tiny".getBytes(StandardCharsets.UTF_8));
    private static final String SHA256 = FakeModel.sha("SHA-256", GOOD.getBytes(StandardCharsets.UTF_8));

    @TempDir
    Path cache;

    private FakeHub fake;

    @BeforeEach
    void start() throws IOException {
        fake = new FakeHub();
        fake.model("org/tiny").large(FILE, GOOD.getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        fake.close();
    }

    private Hub hub(HubLimits limits) {
        return new Hub(
                HubSettings.defaults(cache)
                        .withEndpoint(fake.endpoint())
                        .withLimits(limits)
                        .withPatience(HubPatience.defaults()
                                .withRetries(1, Duration.ofMillis(1))
                                .withTimeouts(Duration.ofSeconds(2), Duration.ofMillis(400))),
                DownloadListener.none(),
                wait -> {});
    }

    /** Nothing that a later call would take for whole. */
    private void assertRefused(HubLimits limits, String... expected) throws IOException {
        assertThatThrownBy(() -> hub(limits).resolve("org/tiny", "main", FilesNeeded.of(FILE)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("org/tiny")
                .hasMessageContainingAll(expected)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(3000));
        try (Stream<Path> files = Files.walk(cache)) {
            assertThat(files.filter(Files::isRegularFile)
                            .map(file -> cache.relativize(file).toString().replace('\\', '/'))
                            .filter(file -> !file.endsWith(".incomplete") && !file.startsWith(".locks")))
                    .isEmpty();
        }
        assertThat(cache.resolve("models--org--tiny/snapshots").resolve(COMMIT).resolve(FILE))
                .doesNotExist();
        assertThat(cache.resolveSibling("evil")).doesNotExist();
    }

    /**
     * An answer, always the same, and what must be said of it.
     *
     * @param to the requests that get it, as "METHOD path" contains it
     */
    private record Hostile(String name, String to, FakeReply reply, String... expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final String LISTING = "GET /api/models";
    private static final String HEAD = "HEAD /org/tiny";
    private static final String BODY = "GET /org/tiny/resolve";

    @ParameterizedTest
    @MethodSource({"listings", "entries", "names", "redirects", "statuses", "heads", "bodies"})
    void isRefusedByName(Hostile hostile) throws IOException {
        final FakeReply[] always = new FakeReply[40];
        Arrays.fill(always, hostile.reply);
        fake.redirects(FakeHub.Redirects.NONE).onHub(hostile.to, always);
        assertRefused(new HubLimits(1 << 20, 1000, 1 << 20), hostile.expected);
    }

    @Test
    void thereAreAHundredOfThem() {
        final long count = Stream.of(listings(), entries(), names(), redirects(), statuses(), heads(), bodies())
                .mapToLong(Stream::count)
                .sum();
        assertThat(count).isGreaterThanOrEqualTo(100);
    }

    @Test
    void whatIsRightIsTakenWithTheSameSettings() {
        assertThat(hub(new HubLimits(1 << 20, 1000, 1 << 20))
                        .resolve("org/tiny", "main", FilesNeeded.of(FILE))
                        .resolve(FILE))
                .hasContent(GOOD);
    }

    // What a hub lists.

    private static FakeReply text(String body) {
        return FakeReply.contents(body.getBytes(StandardCharsets.UTF_8));
    }

    private static String siblings(String... siblings) {
        return "{\"sha\": \"" + COMMIT + "\", \"siblings\": [" + String.join(", ", siblings) + "]}";
    }

    private static Hostile listing(String name, FakeReply reply, String... expected) {
        return new Hostile("listing: " + name, LISTING, reply, expected);
    }

    private static Hostile unlike(String name, String body) {
        return listing(name, text(body), "doesn't answer as a model hub does", "HF_ENDPOINT");
    }

    static Stream<Hostile> listings() {
        final byte[] invalid = siblings("{\"rfilename\": \"a#\"}").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < invalid.length; i++) {
            invalid[i] = invalid[i] == '#' ? (byte) 0xff : invalid[i];
        }
        final StringBuilder numbered = new StringBuilder();
        for (int i = 0; i < 1001; i++) {
            numbered.append(i == 0 ? "" : ",")
                    .append("{\"rfilename\":\"a")
                    .append(i)
                    .append("\"}");
        }
        return Stream.of(
                unlike("nothing", ""),
                unlike("only spaces", "   \n"),
                unlike("a number", "1"),
                unlike("null", "null"),
                unlike("a list", "[]"),
                unlike("a text", "\"sha\""),
                unlike("cut short", siblings("{\"rfilename\": \"a\"").substring(0, 40)),
                unlike("a key without a value", "{\"sha\"}"),
                unlike("something after it", siblings("{\"rfilename\": \"a\"}") + "{}"),
                unlike("a web page", "<!DOCTYPE html><html><body>Log in</body></html>"),
                unlike("binary", "\u0000\u0001\u0002\u0003"),
                unlike("nested 100,000 deep", "[".repeat(100_000)),
                unlike("nested where nobody looks", "{\"x\": " + "{\"a\":".repeat(100_000)),
                unlike("nested in an entry", siblings("{\"x\": " + "[".repeat(50_000))),
                unlike("no commit", "{\"siblings\": []}"),
                unlike("no files", "{\"sha\": \"" + COMMIT + "\"}"),
                unlike("a commit that is a number", "{\"sha\": 1, \"siblings\": []}"),
                unlike("a commit that is null", "{\"sha\": null, \"siblings\": []}"),
                unlike("files that are an object", "{\"sha\": \"a\", \"siblings\": {}}"),
                unlike("files that are null", "{\"sha\": \"a\", \"siblings\": null}"),
                listing("invalid UTF-8", FakeReply.contents(invalid), "doesn't answer as a model hub does", "UTF-8"),
                listing("a commit that is a path", text("{\"sha\": \"../../evil\", \"siblings\": []}"), "The commit"),
                listing("a commit that is absolute", text("{\"sha\": \"/etc\", \"siblings\": []}"), "The commit"),
                listing("an empty commit", text("{\"sha\": \"\", \"siblings\": []}"), "The commit"),
                listing(
                        "a commit of 10,000",
                        text("{\"sha\": \"" + "a".repeat(10_000) + "\", \"siblings\": []}"),
                        "..."),
                listing("a commit that is a device", text("{\"sha\": \"NUL\", \"siblings\": []}"), "The commit 'NUL'"),
                listing("no file at all", text(siblings()), "lacks " + FILE),
                listing("1,001 files", text(siblings(numbered.toString())), "more than 1000 files", "HubLimits.files"),
                listing("2 MB, announced", text(siblings(" ".repeat(2 << 20))), "longer than 1048576 bytes"),
                listing("without end", chunks(1 << 20, " ", 64), "longer than 1048576 bytes", "HubLimits.jsonBytes"),
                listing("byte by byte", drip(" "), "400 ms"),
                listing("gzip", FakeReply.status(200, "Content-Encoding", "gzip"), "encoded as 'gzip'"),
                listing("a part", FakeReply.status(206, "Content-Range", "bytes 0-9/10"), "status 206"),
                listing("no such byte", FakeReply.status(416), "status 416"),
                listing("no content", FakeReply.status(204), "status 204"),
                listing("silence", silence(), "didn't answer within 2400 ms"));
    }

    private static Hostile entry(String name, String entry, String... expected) {
        return listing("entry: " + name, text(siblings(entry)), expected);
    }

    private static Hostile size(String size) {
        return entry("the size " + size, "{\"rfilename\": \"" + FILE + "\", \"size\": " + size + "}", FILE, "the size");
    }

    static Stream<Hostile> entries() {
        final String once = "{\"rfilename\": \"" + FILE + "\"}";
        return Stream.of(
                size("-1"),
                size("1e3"),
                size("1.5"),
                size("1e999999999"),
                size("18446744073709551617"),
                size("9223372036854775807"),
                size("9".repeat(1000)),
                size("\"NaN\""),
                size("\"-Infinity\""),
                size("\"\""),
                entry("a size of a petabyte", "{\"rfilename\": \"x\", \"size\": 999999999999999}", "lacks " + FILE),
                entry(
                        "a stored size below 0",
                        "{\"rfilename\": \"" + FILE + "\", \"lfs\": {\"size\": -5}}",
                        FILE,
                        "the size -5"),
                entry("listed twice", once + "," + once, FILE + "' twice"),
                entry("a number", "7", "doesn't answer as a model hub does"),
                entry("null", "null", "doesn't answer as a model hub does"),
                entry("without a name", "{\"size\": 3}", "without 'rfilename'"),
                entry("a name that is null", "{\"rfilename\": null}", "'rfilename' isn't a text"),
                entry("a name that is a list", "{\"rfilename\": []}", "'rfilename' isn't a text"),
                entry("a size that is an object", "{\"rfilename\": \"a\", \"size\": {}}", "'size' isn't a number"),
                entry("a checksum that is true", "{\"rfilename\": \"a\", \"blobId\": true}", "'blobId' isn't a text"),
                entry(
                        "another checksum than the tag",
                        "{\"rfilename\": \"" + FILE + "\", \"lfs\": {\"sha256\": \"" + "ab".repeat(32) + "\"}}",
                        FILE,
                        "two checksums"));
    }

    static Stream<Hostile> names() {
        return Stream.of(
                        "../evil",
                        "..",
                        ".",
                        "a/../../evil",
                        "/etc/passwd",
                        "//host/share",
                        "a//b",
                        "a/",
                        "./a",
                        "",
                        "..\\\\evil",
                        "C:\\\\evil",
                        "\\\\\\\\host\\\\share",
                        "a\\u0000b",
                        "a\\nb",
                        "a\\u001b[2Jb",
                        "a\\u0085b",
                        "n".repeat(10_000),
                        "n".repeat(256),
                        "d/".repeat(5_000) + "n")
                .map(name -> entry(
                        "the name " + name.substring(0, Math.min(20, name.length())),
                        "{\"rfilename\": \"" + name + "\"}",
                        "The file name '",
                        "is refused"));
    }

    // How a hub answers.

    private static Hostile redirect(String location, String... expected) {
        return new Hostile("redirect to " + location, LISTING, FakeReply.status(302, "Location", location), expected);
    }

    static Stream<Hostile> redirects() {
        return Stream.of(
                redirect("file:///etc/passwd", "'file://", "is refused"),
                redirect("ftp://example.org/x", "'ftp://example.org'", "is refused"),
                redirect("jar:file:/x!/y", "is refused"),
                redirect("javascript:alert(1)", "is refused"),
                redirect("data:text/plain,x", "is refused"),
                redirect("http:///nowhere", "is refused"),
                redirect("http://169.254.169.254/latest/meta-data", "169.254.169.254", "only this machine"),
                redirect("http://2852039166/latest/meta-data", "is refused", "only this machine"),
                redirect("http://[fe80::1]/", "is refused", "only this machine"),
                redirect("http://[::ffff:169.254.169.254]/", "is refused", "only this machine"),
                redirect("http://0.0.0.0/", "is refused", "only this machine"),
                redirect("http://127.0.0.1:99999/", "no such port"),
                redirect("http://a b/", "to nowhere"),
                redirect("", "to nowhere"),
                redirect("/api/models/org/tiny/revision/main", "more than 10 times"),
                new Hostile("redirect without a target", LISTING, FakeReply.status(307), "to nowhere"),
                new Hostile(
                        "file: redirect to a file",
                        BODY,
                        FakeReply.status(302, "Location", "file:///x"),
                        FILE,
                        "refused"),
                new Hostile(
                        "file: redirect in a circle",
                        BODY,
                        FakeReply.status(302, "Location", "/org/tiny/resolve/" + COMMIT + "/" + FILE),
                        FILE,
                        "more than 10 times"),
                new Hostile(
                        "head: redirect to the link",
                        HEAD,
                        FakeReply.status(302, "Location", "http://169.254.169.254/x"),
                        FILE,
                        "only this machine"));
    }

    static Stream<Hostile> statuses() {
        final Map<Integer, String> said = new LinkedHashMap<>();
        said.put(300, "status 300");
        said.put(304, "status 304");
        said.put(400, "status 400");
        said.put(401, "status 401");
        said.put(403, "status 403");
        said.put(404, "There is no model");
        said.put(410, "status 410");
        said.put(418, "status 418");
        said.put(429, "status 429");
        said.put(500, "status 500");
        said.put(503, "status 503");
        return Stream.concat(
                said.entrySet().stream()
                        .map(one -> new Hostile(
                                "status " + one.getKey() + " with 64 MB",
                                LISTING,
                                large(one.getKey(), 64),
                                one.getValue())),
                Stream.of(
                        new Hostile(
                                "a message of 20,000 characters",
                                LISTING,
                                FakeReply.status(400, "X-Error-Message", "m".repeat(20_000)),
                                "status 400",
                                "..."),
                        new Hostile(
                                "a wait of a year",
                                LISTING,
                                FakeReply.status(429, "Retry-After", "31536000"),
                                "status 429"),
                        new Hostile("headers of 1 MB", LISTING, headers(1 << 20), "org/tiny failed"),
                        new Hostile("no HTTP at all", LISTING, FakeReply.status(99), "org/tiny")));
    }

    static Stream<Hostile> heads() {
        return Stream.of(
                head("no tag", "entity tag ''", "X-Other", "x"),
                head("an empty tag", "entity tag ''", "ETag", "\"\""),
                head("a tag that is a path", "entity tag '../../evil'", "ETag", "\"../../evil\""),
                head("a tag of 10,000", "entity tag 'aaa", "ETag", "a".repeat(10_000)),
                head("a tag with a backslash", "entity tag 'a\\b'", "ETag", "a\\b"),
                head("a tag that is a device", "entity tag 'NUL'", "ETag", "NUL"),
                head("a tag of another's download", "entity tag 'a.incomplete'", "ETag", "a.incomplete"),
                head("a tag of a link's", "entity tag '/etc", "ETag", SHA256, "X-Linked-Etag", "/etc/passwd"),
                head("a size below 0", "the size '-1'", "ETag", SHA256, "X-Linked-Size", "-1"),
                head("a size that isn't one", "the size 'NaN'", "ETag", SHA256, "X-Linked-Size", "NaN"),
                head("a size beyond a long", "the size '1844", "ETag", SHA256, "X-Linked-Size", "18446744073709551617"),
                head(
                        "a size that no disk holds",
                        "Not enough room",
                        "ETag",
                        SHA256,
                        "X-Linked-Size",
                        "999999999999999"),
                head("another checksum", "two checksums", "ETag", "ab".repeat(32)),
                new Hostile("head: not found", HEAD, FakeReply.status(404), "has no file '" + FILE + "'"),
                new Hostile("head: no content", HEAD, FakeReply.status(204), FILE, "status 204"),
                new Hostile("head: a part", HEAD, FakeReply.status(206, "ETag", SHA256), FILE, "status 206"),
                new Hostile("head: in trouble", HEAD, FakeReply.status(502), FILE, "status 502"));
    }

    private static Hostile head(String name, String expected, String... headers) {
        return new Hostile("head: " + name, HEAD, FakeReply.status(200, headers), FILE, expected);
    }

    private static Hostile body(String name, FakeReply reply, String... expected) {
        final String[] all = Arrays.copyOf(expected, expected.length + 1);
        all[expected.length] = FILE;
        return new Hostile("file: " + name, BODY, reply, all);
    }

    static Stream<Hostile> bodies() {
        return Stream.of(
                body("other contents of that size", text("9876543210"), "arrived wrong twice", "SHA-256"),
                body("a byte less", text("012345678"), "arrived wrong twice", "9 bytes, not 10"),
                body("a byte more", text("01234567890"), "arrived wrong twice", "more than 10 bytes"),
                body("nothing", FakeReply.status(200), "arrived wrong twice", "0 bytes, not 10"),
                body("a web page", text("<html>Please log in</html>"), "arrived wrong twice"),
                body("more without end", chunks(1 << 20, "x", 64), "arrived wrong twice", "more than 10 bytes"),
                body("less, in chunks", chunks(4, "x", 1), "after 4 of 10 bytes"),
                body("cut", FakeReply.cutAfter(4), "the connection"),
                body("cut at once", FakeReply.cutAfter(0), "failed"),
                body("silent", FakeReply.silentAfter(0), "failed"),
                body("silent half way", FakeReply.silentAfter(2), "sent nothing for 400 ms"),
                body("compressed", FakeReply.status(200, "Content-Encoding", "gzip"), "encoded as 'gzip'"),
                body("Brotli", FakeReply.status(200, "Content-Encoding", "br"), "encoded as 'br'"),
                body("a part that nobody asked for", FakeReply.status(206), "status 206"),
                body("a part of elsewhere", FakeReply.status(206, "Content-Range", "bytes 5-9/10"), "status 206"),
                body("no such byte", FakeReply.status(416), "status 416"),
                body("no content", FakeReply.status(204), "status 204"),
                body("gone", FakeReply.status(410), "status 410"),
                body("in trouble", large(503, 8), "status 503"));
    }

    // Replies that FakeHub doesn't have.

    /** Chunks of so many bytes, without a length. */
    private static FakeReply chunks(int bytes, String filler, int count) {
        return (hub, exchange, contents) -> {
            exchange.sendResponseHeaders(200, 0);
            final byte[] chunk = filler.repeat(bytes).getBytes(StandardCharsets.UTF_8);
            try (OutputStream body = exchange.getResponseBody()) {
                for (int i = 0; i < count; i++) {
                    body.write(chunk);
                }
            }
        };
    }

    /** A byte every 50 ms, for longer than any test. */
    private static FakeReply drip(String filler) {
        return (hub, exchange, contents) -> {
            exchange.sendResponseHeaders(200, 0);
            for (int i = 0; i < 1000; i++) {
                exchange.getResponseBody().write(filler.getBytes(StandardCharsets.UTF_8));
                exchange.getResponseBody().flush();
                sleep(50);
            }
        };
    }

    private static FakeReply silence() {
        return (hub, exchange, contents) -> sleep(4000);
    }

    private static void sleep(long milliseconds) throws IOException {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private static FakeReply large(int status, int megabytes) {
        return (hub, exchange, contents) -> {
            final boolean mayHaveBody = status != 304;
            exchange.sendResponseHeaders(status, mayHaveBody ? (long) megabytes << 20 : -1);
            final byte[] chunk = new byte[1 << 20];
            for (int i = 0; mayHaveBody && i < megabytes; i++) {
                exchange.getResponseBody().write(chunk);
            }
        };
    }

    private static FakeReply headers(int bytes) {
        return (hub, exchange, contents) -> {
            for (int i = 0; i < bytes / 1024; i++) {
                exchange.getResponseHeaders().add("X-Filler-" + i, "h".repeat(1000));
            }
            exchange.sendResponseHeaders(200, -1);
        };
    }

    // Where there is no checksum, so that the bytes alone must tell.

    private void untold(FakeReply body) {
        final FakeReply[] heads = new FakeReply[4];
        Arrays.fill(heads, FakeReply.status(200, "ETag", "tag-of-no-checksum"));
        final FakeReply[] bodies = new FakeReply[4];
        Arrays.fill(bodies, body);
        final FakeReply[] listings = new FakeReply[4];
        Arrays.fill(listings, text(siblings("{\"rfilename\": \"" + FILE + "\"}")));
        fake.onHub(LISTING, listings).onHub(HEAD, heads).onHub(BODY, bodies);
    }

    @Test
    void aFileWhoseSizeNobodyTellsHasALimit() throws IOException {
        untold(chunks(1 << 20, "x", 64));
        assertRefused(new HubLimits(1 << 20, 1000, 3 << 20), FILE, "longer than 3145728 bytes", "unannouncedBytes");
    }

    @Test
    void aWebPageInPlaceOfAFileWithoutChecksumIsRefused() throws IOException {
        untold((hub, exchange, contents) -> {
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            text("<html>Log in</html>").answer(hub, exchange, contents);
        });
        assertRefused(HubLimits.defaults(), FILE, "a web page (text/html");
    }

    @Test
    void aFileWithoutChecksumIsNotPutTogetherFromTwoAnswers() throws IOException {
        untold(text("whole"));
        final Path blobs = Files.createDirectories(cache.resolve("models--org--tiny/blobs"));
        Files.writeString(blobs.resolve("tag-of-no-checksum.incomplete"), "another");

        assertThat(hub(HubLimits.defaults())
                        .resolve("org/tiny", "main", FilesNeeded.of(FILE))
                        .resolve(FILE))
                .hasContent("whole");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "bytes 0-9/10", "bytes 4-9/12", "lines 1-2", "bytes 18446744073709551616-/10"})
    void theRestOfAFileMustBeTheOneThatWasAskedFor(String range) throws IOException {
        final Path blobs = Files.createDirectories(cache.resolve("models--org--tiny/blobs"));
        Files.writeString(blobs.resolve(SHA256 + ".incomplete"), "0123");
        final FakeReply[] parts = new FakeReply[4];
        Arrays.fill(parts, (FakeReply) (hub, exchange, contents) -> {
            exchange.getResponseHeaders().set("Content-Range", range);
            exchange.sendResponseHeaders(206, 6);
            exchange.getResponseBody().write("456789".getBytes(StandardCharsets.UTF_8));
        });
        fake.redirects(FakeHub.Redirects.NONE).onHub(BODY, parts);

        assertRefused(HubLimits.defaults(), FILE, range.contains("/12") ? "a part of 12 bytes" : "the range '" + range);
    }

    @Test
    void aFileThatTricklesWithoutEndIsGivenUpThoughEachByteIsProgress() throws IOException {
        fake.model("org/tiny").large(FILE, new byte[1 << 20]);
        final FakeReply[] drips = new FakeReply[8];
        Arrays.fill(drips, drip("\0"));
        fake.redirects(FakeHub.Redirects.NONE).onHub(BODY, drips);

        assertRefused(HubLimits.defaults(), FILE, "expected at least 16384");
    }

    @Test
    void aCommitThatWasntAskedForIsRefused() {
        final String other = "f".repeat(40);
        assertThatThrownBy(() -> {
                    fake.onHub(LISTING, text(siblings("{\"rfilename\": \"" + FILE + "\"}")));
                    hub(HubLimits.defaults()).resolve("org/tiny", other, FilesNeeded.of(FILE));
                })
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("org/tiny", COMMIT, "'" + other + "' was asked for");
    }

    @Test
    void anIndexOfShardsIsHeldToTheLimitsAndItsNamesToThoseOfFiles() {
        final String shards = "{\"weight_map\": {\"a\": \"NUL.safetensors\"}}";
        fake.model("org/device").small("model.safetensors.index.json", shards);
        assertThatThrownBy(() -> hub(HubLimits.defaults())
                        .resolve("org/device", "main", FilesNeeded.of("model.safetensors.index.json")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("'NUL.safetensors'", "is refused");
        fake.model("org/large").small("model.safetensors.index.json", "{\"weight_map\": {}}" + " ".repeat(5000));
        assertThatThrownBy(() -> hub(new HubLimits(4096, 10, 10))
                        .resolve("org/large", "main", FilesNeeded.of("model.safetensors.index.json")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("model.safetensors.index.json", "5018 bytes", "expected 4096 at most");
    }

    @Test
    void limitsBelowOneAreRefused() {
        assertThatThrownBy(() -> new HubLimits(0, 1, 1)).hasMessageContaining("jsonBytes is 0");
        assertThatThrownBy(() -> new HubLimits(1, 0, 1)).hasMessageContaining("files is 0");
        assertThatThrownBy(() -> new HubLimits(1, 1, -1)).hasMessageContaining("unannouncedBytes is -1");
        assertThatThrownBy(() -> HubPatience.defaults().withLeastBytes(0)).hasMessageContaining("leastBytes is 0");
    }
}
