package dev.finetune.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.DivergedException;
import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.TinyData;
import dev.finetune.testkit.TinyModels;
import dev.finetune.train.EpochReport;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingHistory;
import dev.finetune.train.TrainingListener;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A fit that is looked at while it goes on, over real sockets. */
class LiveReportTest {
    @TempDir
    private static Path files;

    private static Path bert;

    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicReference<URI> address = new AtomicReference<>();
    private final LiveReport live = LiveReport.on(0).opened(address::set).waiting(Duration.ZERO);

    @BeforeAll
    static void makeModel() {
        bert = TinyModels.bert(files.resolve("bert"));
    }

    private static FineTuner tuner() {
        return FineTuner.from(bert)
                .head("negative", "positive")
                .maxLength(16)
                .batchSize(8)
                .lr(3e-3)
                .epochs(2);
    }

    private static Dataset<Text> reviews(int from, int count) {
        return TextFiles.tsv(TinyData.reviews(files.resolve("reviews" + from + ".tsv"), from, count))
                .classification();
    }

    private HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(address.get().resolve(path)).build());
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A line of a request by hand, which java.net.http would not send, and the answer's first line. */
    private String raw(String request) {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), address.get().getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .findFirst()
                        .orElse("");
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Does something at a step, on the thread that trains. */
    private static TrainingListener at(long step, Runnable action) {
        return new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == step) {
                    action.run();
                }
            }
        };
    }

    private void assertNothingIsLeft() {
        assertThatThrownBy(() -> client.send(
                        HttpRequest.newBuilder(address.get()).build(), HttpResponse.BodyHandlers.discarding()))
                .isInstanceOf(ConnectException.class);
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.startsWith("finetune-live") || name.startsWith("HTTP-Dispatcher"));
    }

    @Test
    void thePageShowsTheFitAsFarAsItIs() {
        final List<String> pages = new ArrayList<>();
        final TrainingListener looking = new TrainingListener() {
            @Override
            public void started(Plan plan) {
                pages.add(get("/").body());
            }

            @Override
            public void evaluated(EpochReport report) {
                pages.add(get("/").body());
            }
        };
        try (FineTuned<Text> tuned = tuner().listener(live).listener(looking).fit(reviews(0, 40), reviews(40, 20))) {
            assertThat(tuned.labels()).hasSize(2);
        }
        assertThat(pages).hasSize(3);
        assertThat(pages.get(0))
                .contains("<h1>Fine-tuning bert</h1>", "Live: step 0 of 10 (0 %).", "http-equiv=\"refresh\"")
                .contains("learning rate</th>", "40</td>")
                .doesNotContain("<h2 id=\"training\"", "What to try next");
        assertThat(pages.get(1))
                .contains("Live: step 5 of 10 (50 %), about ", " left.", "goes on")
                .contains("<h2 id=\"training\"", "at the last evaluation", "5 steps");
        assertThat(pages.get(2)).contains("Live: step 10 of 10 (100 %)");
        assertNothingIsLeft();
    }

    @Test
    void whoIsToldTheAddressAndThrowsLeavesNothingBehind() {
        final LiveReport throwing = LiveReport.on(0).opened(opened -> {
            address.set(opened);
            throw new IllegalStateException("no browser");
        });
        assertThatThrownBy(() -> tuner().listener(throwing).fit(reviews(0, 40), reviews(40, 20)))
                .hasMessageContaining("no browser");
        assertNothingIsLeft();
    }

    @Test
    void whoWasLookingSeesTheEnd() {
        final LiveReport patient = LiveReport.on(0).opened(address::set).waiting(Duration.ofMinutes(1));
        final AtomicReference<CompletableFuture<String>> last = new AtomicReference<>();
        final TrainingListener looking = new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                if (report.step() == 1) {
                    get("/");
                }
            }

            @Override
            public void finished(TrainingHistory history) {
                last.set(CompletableFuture.supplyAsync(() -> {
                    String page = get("/").body();
                    while (page.contains("http-equiv=\"refresh\"")) {
                        page = get("/").body();
                    }
                    return page;
                }));
            }
        };
        tuner().listener(patient)
                .listener(looking)
                .fit(reviews(0, 40), reviews(40, 20))
                .close();
        assertThat(last.get().join())
                .contains("This fit is over", "Fine-tuned from bert", "10 steps, finished")
                .doesNotContain("<script", "Live: ");
        assertNothingIsLeft();
    }

    @Test
    void onlyTwoPathsCanBeReadAndOnlyByTheNamesOfThisMachine() {
        final List<Object> seen = new ArrayList<>();
        tuner().listener(live)
                .listener(at(1, () -> {
                    final String port = ":" + address.get().getPort();
                    seen.add(get("/").statusCode());
                    seen.add(get("/live.js").statusCode());
                    for (String path : List.of("/x", "/../x", "/%2e%2e/x", "/live.js/", "/report.json", "/?a=1")) {
                        seen.add(path + " " + get(path).statusCode());
                    }
                    for (String method : List.of("POST", "HEAD", "PUT", "OPTIONS")) {
                        seen.add(send(HttpRequest.newBuilder(address.get())
                                        .method(method, HttpRequest.BodyPublishers.noBody())
                                        .build())
                                .statusCode());
                    }
                    for (String host : List.of(
                            "evil.example",
                            "evil.example" + port,
                            "127.0.0.1",
                            "localhost:1",
                            "LocalHost" + port,
                            "localhost." + port)) {
                        seen.add(raw("GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"));
                    }
                    seen.add(raw("GET / HTTP/1.1\r\nHost: localhost" + port + "\r\nConnection: close\r\n\r\n"));
                }))
                .fit(reviews(0, 16), reviews(40, 8))
                .close();
        assertThat(seen)
                .containsExactly(
                        200,
                        200,
                        "/x 404",
                        "/../x 404",
                        "/%2e%2e/x 404",
                        "/live.js/ 404",
                        "/report.json 404",
                        "/?a=1 200",
                        405,
                        405,
                        405,
                        405,
                        "HTTP/1.1 421 ",
                        "HTTP/1.1 421 ",
                        "HTTP/1.1 421 ",
                        "HTTP/1.1 421 ",
                        "HTTP/1.1 200 OK",
                        "HTTP/1.1 200 OK",
                        "HTTP/1.1 200 OK");
    }

    @Test
    void thePageMayNeitherBeFramedNorKeptNorAskElsewhere() {
        final AtomicReference<HttpResponse<String>> answer = new AtomicReference<>();
        tuner().listener(live)
                .listener(at(1, () -> answer.set(get("/"))))
                .fit(reviews(0, 16), reviews(40, 8))
                .close();
        assertThat(answer.get().headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "style-src 'sha256-");
        assertThat(answer.get().headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(answer.get().headers().map()).doesNotContainKey("access-control-allow-origin");
        assertThat(answer.get().body()).doesNotContain(files.toString());
    }

    @Test
    void othersThanThisMachineAreNotListenedTo() throws IOException {
        final List<InetAddress> others = Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(one -> !one.isLoopbackAddress() && !one.isLinkLocalAddress())
                .toList();
        final List<Boolean> answered = new ArrayList<>();
        tuner().listener(live)
                .listener(at(1, () -> {
                    for (InetAddress other : others) {
                        try (Socket socket = new Socket(other, address.get().getPort())) {
                            answered.add(socket.isConnected());
                        } catch (IOException e) {
                            answered.add(false);
                        }
                    }
                }))
                .fit(reviews(0, 16), reviews(40, 8))
                .close();
        assertThat(answered).hasSameSizeAs(others).doesNotContain(true);
    }

    @Test
    void aPortThatIsTakenIsRefusedBeforeAnythingIsRead() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            final FineTuner nothing = FineTuner.from(
                            files.resolve("no such model").toString())
                    .listener(LiveReport.on(taken.getLocalPort()));
            assertThatThrownBy(() -> nothing.fitAll(reviews(0, 16)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("port " + taken.getLocalPort() + " of 127.0.0.1")
                    .hasMessageContaining("Give another port, or 0");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void aPortThatCannotBeIsRefused(int port) {
        assertThatThrownBy(() -> LiveReport.on(port))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("LiveReport.on(" + port + "): expected a port from 1 to 65535, or 0");
    }

    @Test
    void nothingIsLeftOfAFitThatFailsBeforeOrAfterItBegan() {
        assertThatThrownBy(() -> FineTuner.from(files.resolve("no such model").toString())
                        .listener(live)
                        .fitAll(reviews(0, 16)))
                .isInstanceOf(FinetuneException.class);
        assertNothingIsLeft();
        assertThatThrownBy(() -> tuner().lr(1e30)
                        .optimization(o -> o.maxGradientNorm(0))
                        .epochs(20)
                        .listener(live)
                        .fit(reviews(0, 40), reviews(40, 8)))
                .isInstanceOf(DivergedException.class);
        assertNothingIsLeft();
    }

    @Test
    void oneFitIsShownAtATimeAndThenTheNext() {
        final AtomicReference<Throwable> second = new AtomicReference<>();
        final FineTuner watched = tuner().listener(live);
        watched.listener(at(2, () -> {
                    try {
                        watched.fitAll(reviews(0, 16)).close();
                    } catch (FinetuneException e) {
                        second.set(e);
                    }
                    assertThat(get("/").statusCode()).isEqualTo(200);
                }))
                .fit(reviews(0, 40), reviews(40, 8))
                .close();
        assertThat(second.get()).hasMessageContaining("shows another fit just now");
        watched.fitFewShot(reviews(0, 16)).close();
        assertNothingIsLeft();
    }

    @Test
    void aClientThatNeverReadsHoldsNothingUp() {
        final List<Socket> idle = new ArrayList<>();
        tuner().listener(live)
                .listener(at(1, () -> {
                    try {
                        for (int i = 0; i < 8; i++) {
                            final Socket socket = new Socket(
                                    InetAddress.getLoopbackAddress(),
                                    address.get().getPort());
                            idle.add(socket);
                            socket.getOutputStream()
                                    .write("GET / HTTP/1.1\r\nHost: localhost\r\n".getBytes(StandardCharsets.US_ASCII));
                        }
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }))
                .fit(reviews(0, 40), reviews(40, 8))
                .close();
        assertNothingIsLeft();
        assertThat(idle).hasSize(8).allSatisfy(Socket::close);
    }
}
