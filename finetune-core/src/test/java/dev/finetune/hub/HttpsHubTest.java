package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.FakeModel;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A hub that speaks HTTPS, with certificates that the JDK's keytool makes for this test. */
@Timeout(60)
class HttpsHubTest {
    private static final char[] PASSWORD = "changeit".toCharArray();
    private static final String TOKEN = "hf_secretsecretsecret";
    private static final String BODY = "{}";

    @TempDir
    static Path keys;

    @TempDir
    Path cache;

    private final SSLContext before = defaultContext();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final AtomicReference<Optional<String>> redirect = new AtomicReference<>(Optional.empty());
    private HttpsServer secure;
    private HttpServer plain;

    private static SSLContext defaultContext() {
        try {
            return SSLContext.getDefault();
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeAll
    static void makeCertificates() throws Exception {
        for (Map.Entry<String, String> name : Map.of("here", "ip:127.0.0.1", "elsewhere", "dns:elsewhere.example")
                .entrySet()) {
            final Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            "hub",
                            "-keyalg",
                            "EC",
                            "-dname",
                            "CN=" + name.getKey(),
                            "-ext",
                            "SAN=" + name.getValue(),
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            new String(PASSWORD),
                            "-keystore",
                            keys.resolve(name.getKey()).toString())
                    .redirectErrorStream(true)
                    .redirectOutput(keys.resolve("log").toFile())
                    .start();
            assertThat(keytool.waitFor())
                    .as(Files.readString(keys.resolve("log")))
                    .isZero();
        }
    }

    private static SSLContext context(String name) throws Exception {
        final KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys.resolve(name))) {
            store.load(in, PASSWORD);
        }
        final KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(store, PASSWORD);
        final KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("hub", store.getCertificate("hub"));
        final TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        final SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    @BeforeEach
    void startPlain() throws IOException {
        plain = HttpServer.create(address(), 0);
        plain.createContext("/", exchange -> answer(exchange, "http"));
        plain.start();
    }

    private void start(String certificate) throws Exception {
        secure = HttpsServer.create(address(), 0);
        secure.setHttpsConfigurator(new HttpsConfigurator(context(certificate)));
        secure.createContext("/", exchange -> answer(exchange, "https"));
        secure.start();
    }

    @AfterEach
    void stop() {
        SSLContext.setDefault(before);
        plain.stop(0);
        if (secure != null) {
            secure.stop(0);
        }
    }

    private static InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** A repository of one file, or a redirect of whoever asks for that. */
    private void answer(HttpExchange exchange, String scheme) throws IOException {
        final String path = exchange.getRequestURI().getPath();
        final String token = exchange.getRequestHeaders().getFirst("Authorization");
        seen.add(scheme + " " + exchange.getRequestMethod() + " " + (token == null ? "without" : token));
        final byte[] file = BODY.getBytes(StandardCharsets.UTF_8);
        final String listing =
                "{\"sha\": \"" + "a".repeat(40) + "\", \"siblings\": [{\"rfilename\": \"config.json\"}]}";
        final byte[] body = path.startsWith("/api/") ? listing.getBytes(StandardCharsets.UTF_8) : file;
        exchange.getResponseHeaders().set("ETag", FakeModel.gitBlob(file));
        final Optional<String> elsewhere = redirect.get().filter(where -> scheme.equals("https"));
        if (elsewhere.isPresent() && !path.startsWith("/api/")) {
            exchange.getResponseHeaders().set("Location", elsewhere.get() + path);
            exchange.sendResponseHeaders(302, -1);
        } else {
            exchange.sendResponseHeaders(200, exchange.getRequestMethod().equals("HEAD") ? -1 : body.length);
            if (!exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseBody().write(body);
            }
        }
        exchange.close();
    }

    private Path fetch() {
        final HubSettings settings = HubSettings.defaults(cache)
                .withEndpoint(
                        URI.create("https://127.0.0.1:" + secure.getAddress().getPort()))
                .withToken(Optional.of(TOKEN))
                .withPatience(HubPatience.defaults().withRetries(5, Duration.ofSeconds(10)));
        return new Hub(settings).resolve("org/tiny", "main", FilesNeeded.of("config.json"));
    }

    @Test
    void aCertificateThatIsTrustedIsTaken() throws Exception {
        start("here");
        SSLContext.setDefault(context("here"));

        assertThat(fetch().resolve("config.json")).hasContent(BODY);
        assertThat(seen).isNotEmpty().allMatch(request -> request.endsWith("Bearer " + TOKEN));
    }

    @Test
    void aRedirectToPlainHttpIsRefusedAndTheTokenStays() throws Exception {
        start("here");
        SSLContext.setDefault(context("here"));
        redirect.set(Optional.of("http://127.0.0.1:" + plain.getAddress().getPort()));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("config.json", "org/tiny", "'http://127.0.0.1'", "is refused: expected https");
        assertThat(seen).isNotEmpty().noneMatch(request -> request.startsWith("http "));
    }

    @Test
    void aSelfSignedCertificateIsRefusedAtOnceInPlainWords() throws Exception {
        start("here");

        final long start = System.nanoTime();
        assertThatThrownBy(this::fetch)
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "org/tiny",
                        "https://127.0.0.1:" + secure.getAddress().getPort(),
                        "the server's certificate isn't one to trust",
                        "javax.net.ssl.trustStore")
                .hasMessageNotContaining(TOKEN);
        assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(8).toNanos());
        assertThat(seen).isEmpty();
    }

    @Test
    void aCertificateForAnotherHostIsRefusedThoughItIsTrusted() throws Exception {
        start("elsewhere");
        SSLContext.setDefault(context("elsewhere"));

        assertThatThrownBy(this::fetch)
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("the server's certificate isn't one to trust", "127.0.0.1");
        assertThat(seen).isEmpty();
    }

    @Test
    void aRedirectToThisMachineFromElsewhereIsRefused() {
        final java.net.http.HttpHeaders headers =
                java.net.http.HttpHeaders.of(Map.of("Location", List.of("https://127.0.0.1/x")), (name, value) -> true);
        assertThatThrownBy(() -> RedirectTarget.of(URI.create("https://192.0.2.1/"), headers, "the model 'a'"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("the model 'a'", "'https://127.0.0.1'", "only this machine");
        assertThat(RedirectTarget.of(URI.create("https://127.0.0.1:5/"), headers, "it"))
                .hasToString("https://127.0.0.1/x");
    }
}
