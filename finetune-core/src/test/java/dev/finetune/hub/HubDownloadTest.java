package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.FakeHub;
import dev.finetune.testkit.FakeHub.Redirects;
import dev.finetune.testkit.FakeModel;
import dev.finetune.testkit.FakeReply;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How files arrive whole over a network that isn't. */
@Timeout(60)
class HubDownloadTest {
    private static final String FILE = "model.safetensors";
    private static final byte[] WEIGHTS = weights();

    @TempDir
    Path cache;

    private FakeHub fake;
    private FakeModel model;
    private final List<Duration> waits = new CopyOnWriteArrayList<>();
    private final List<DownloadProgress> heard = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws IOException {
        fake = new FakeHub();
        model = fake.model("org/tiny").large(FILE, WEIGHTS).small("config.json", "{}");
    }

    @AfterEach
    void stop() {
        fake.close();
    }

    private static byte[] weights() {
        byte[] bytes = new byte[300_000];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private HubSettings settings() {
        return HubSettings.defaults(cache)
                .withEndpoint(fake.endpoint())
                .withPatience(HubPatience.defaults().withRetries(3, Duration.ofMillis(100)))
                .withProgressInterval(Duration.ZERO);
    }

    private Hub hub(HubSettings settings) {
        return new Hub(settings, heard::add, waits::add);
    }

    private Path fetch() {
        return fetch(hub(settings()));
    }

    private static Path fetch(Hub hub) {
        return hub.resolve("org/tiny", "main", FilesNeeded.of(FILE)).resolve(FILE);
    }

    private Path incomplete() throws IOException {
        return Files.createDirectories(cache.resolve("models--org--tiny/blobs"))
                .resolve(model.tag(FILE) + ".incomplete");
    }

    private List<String> ranges() {
        return fake.requests("GET /stored").stream()
                .map(request -> request.header("Range").orElse("all"))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Redirects.class)
    void largeFilesArriveWhereverTheHubSendsUs(Redirects redirects) throws IOException {
        fake.redirects(redirects);

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(Files.readSymbolicLink(fetch())).hasToString("../../blobs/" + FakeModel.sha("SHA-256", WEIGHTS));
        assertThat(incomplete()).doesNotExist();
        assertThat(waits).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Redirects.class)
    void weakEntityTagsNameTheSameBlobs(Redirects redirects) throws IOException {
        fake.redirects(redirects).weakTags();

        assertThat(Files.readSymbolicLink(fetch())).hasToString("../../blobs/" + FakeModel.sha("SHA-256", WEIGHTS));
    }

    @Test
    void aRenamedModelIsFollowedToItsNewName() {
        fake.onHub("GET /api/models/old-name", FakeReply.status(307, "Location", "/api/models/org/tiny/revision/main"));
        String moved = "/org/tiny/resolve/" + model.commit() + "/" + FILE;
        fake.onHub("HEAD /old-name", FakeReply.status(307, "Location", moved));
        fake.onHub("GET /old-name", FakeReply.status(307, "Location", moved));

        Path found = hub(settings()).resolve("old-name", "main", FilesNeeded.of(FILE));

        assertThat(found.resolve(FILE)).hasBinaryContent(WEIGHTS);
        assertThat(found).startsWith(cache.resolve("models--old-name"));
    }

    @Test
    void anInterruptedDownloadGoesOnWhereItStopped() throws IOException {
        Files.write(incomplete(), Arrays.copyOf(WEIGHTS, 100_000));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("bytes=100000-");
    }

    @Test
    void aCompleteButUnnamedDownloadIsOnlyVerified() throws IOException {
        Files.write(incomplete(), WEIGHTS);

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).isEmpty();
    }

    @Test
    void aServerThatIgnoresTheRangeMakesUsStartAnew() throws IOException {
        Files.write(incomplete(), new byte[100_000]);
        fake.onStorage(FILE, FakeReply.ignoringRange());

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("bytes=100000-");
    }

    @Test
    void aPartialFileThatIsTooLongIsThrownAway() throws IOException {
        Files.write(incomplete(), new byte[WEIGHTS.length + 1]);

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("all");
    }

    @Test
    void aRangeThatTheServerCantSatisfyMakesUsStartAnew() throws IOException {
        Files.write(incomplete(), new byte[1000]);
        fake.onStorage(FILE, FakeReply.status(416, "Content-Range", "bytes */10"));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("bytes=1000-", "all");
    }

    @Test
    void anotherRangeThanAskedForIsNotWritten() throws IOException {
        Files.write(incomplete(), Arrays.copyOf(WEIGHTS, 1000));
        fake.onStorage(FILE, FakeReply.status(206, "Content-Range", "bytes 0-9/300000"));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("bytes=1000-", "bytes=1000-");
    }

    @Test
    void aSpoiledPartialFileIsFoundByItsChecksumAndFetchedAnew() throws IOException {
        Files.write(incomplete(), new byte[100_000]);

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("bytes=100000-", "all");
    }

    @Test
    void aConnectionThatIsCutHalfWayIsResumed() {
        fake.onStorage(FILE, FakeReply.cutAfter(120_000), FakeReply.cutAfter(60_000));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("all", "bytes=120000-", "bytes=180000-");
        assertThat(waits).hasSize(2);
    }

    @Test
    void progressMakesTheRetriesCountAnew() {
        FakeReply[] manyCuts = new FakeReply[10];
        Arrays.fill(manyCuts, FakeReply.cutAfter(20_000));
        fake.onStorage(FILE, manyCuts);

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
    }

    @Test
    void cutsWithoutProgressEndInAnErrorThatKeepsWhatCame() throws IOException {
        fake.onStorage(
                FILE, FakeReply.cutAfter(50_000), FakeReply.cutAfter(0), FakeReply.cutAfter(0), FakeReply.cutAfter(0));
        Hub hub = hub(settings());

        assertThatThrownBy(() -> fetch(hub))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("after up to 3 retries")
                .hasMessageContaining("a later call goes on from there");
        assertThat(incomplete()).hasSize(50_000);
        assertThat(fetch()).hasBinaryContent(WEIGHTS);
    }

    @Test
    void aServerThatFallsSilentIsAskedAgain() {
        fake.onStorage(FILE, FakeReply.silentAfter(70_000));
        HubSettings impatient = settings()
                .withPatience(settings().patience().withTimeouts(Duration.ofSeconds(5), Duration.ofMillis(200)));

        assertThat(fetch(hub(impatient))).hasBinaryContent(WEIGHTS);
        assertThat(ranges()).containsExactly("all", "bytes=70000-");
    }

    @Test
    void tooManyRequestsWaitAsLongAsTheServerAsks() {
        fake.onHub("/api/models", FakeReply.status(429, "Retry-After", "7"));
        fake.onHub("HEAD ", FakeReply.status(429, "RateLimit", "\"resolvers\";r=0;t=11"));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(waits).containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(11));
    }

    @Test
    void aWaitThatIsTooLongIsAnError() {
        fake.onHub("/api/models", FakeReply.status(429, "Retry-After", "86400"));
        Hub hub = hub(settings());

        assertThatThrownBy(() -> fetch(hub)).hasMessageContaining("status 429");
        assertThat(waits).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {500, 502, 503, 408})
    void aServerInTroubleIsAskedAgainLaterAndLater(int status) {
        fake.onHub("/api/models", FakeReply.status(status), FakeReply.status(status));
        fake.onStorage(FILE, FakeReply.status(status), FakeReply.status(status));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(waits).hasSize(4);
        assertThat(waits.get(0)).isBetween(Duration.ofMillis(50), Duration.ofMillis(100));
        assertThat(waits.get(1)).isBetween(Duration.ofMillis(100), Duration.ofMillis(200));
    }

    @Test
    void anExpiredStorageAddressIsReplacedByAFreshOne() {
        fake.onStorage(FILE, FakeReply.status(403));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
        assertThat(fake.requests("GET /org/tiny/resolve")).hasSize(2);
    }

    @Test
    void wrongContentsAreFetchedOnceMore() {
        byte[] wrong = WEIGHTS.clone();
        wrong[5]++;
        fake.onStorage(FILE, FakeReply.contents(wrong));

        assertThat(fetch()).hasBinaryContent(WEIGHTS);
    }

    @Test
    void contentsThatAreWrongTwiceAreAnErrorAndLeaveNothing() throws IOException {
        byte[] wrong = WEIGHTS.clone();
        wrong[5]++;
        fake.onStorage(FILE, FakeReply.contents(wrong), FakeReply.contents(wrong));
        Hub hub = hub(settings());

        assertThatThrownBy(() -> fetch(hub))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(FILE)
                .hasMessageContaining("SHA-256 is " + FakeModel.sha("SHA-256", wrong))
                .hasMessageContaining("announces " + FakeModel.sha("SHA-256", WEIGHTS));
        assertThat(incomplete()).doesNotExist();
        assertThat(incomplete().resolveSibling(model.tag(FILE))).doesNotExist();
        assertThat(cache.resolve("models--org--tiny/refs/main")).doesNotExist();
    }

    @Test
    void smallFilesAreCheckedByTheirGitChecksum() {
        FakeReply wrong = FakeReply.contents("[]".getBytes(StandardCharsets.UTF_8));
        fake.onHub("GET /org/tiny/resolve", wrong, wrong);
        Hub hub = hub(settings());

        assertThatThrownBy(() -> hub.resolve("org/tiny", "main", FilesNeeded.of("config.json")))
                .hasMessageContaining("git SHA-1 is");
    }

    @ParameterizedTest
    @ValueSource(ints = {299_999, 300_001, 900_000})
    void aWrongSizeIsAnError(int size) {
        FakeReply wrong = FakeReply.contents(Arrays.copyOf(WEIGHTS, size));
        fake.onStorage(FILE, wrong, wrong);
        Hub hub = hub(settings());

        assertThatThrownBy(() -> fetch(hub)).hasMessageContaining("300000 bytes, which the hub announces");
    }

    @Test
    void threadsThatWantTheSameModelFetchItOnce() throws Exception {
        int threads = 6;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        Hub shared = hub(settings());
        try {
            List<Future<Path>> results = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Hub hub = i % 2 == 0 ? shared : hub(settings());
                results.add(pool.submit(() -> fetch(hub)));
            }
            for (Future<Path> result : results) {
                assertThat(result.get(30, TimeUnit.SECONDS)).hasBinaryContent(WEIGHTS);
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(ranges()).containsExactly("all");
    }

    @Test
    void aBlobThatSomebodyElseHoldsIsWaitedForAndNotFetchedAgain() throws Exception {
        Path lock = cache.resolve(".locks/models--org--tiny/" + model.tag(FILE) + ".lock");
        Files.createDirectories(lock.getParent());
        ExecutorService pool = Executors.newSingleThreadExecutor();
        try (FileChannel other = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertThat(other.lock().isValid()).isTrue();
            Future<Path> waiting = pool.submit(() -> fetch(hub(settings())));
            while (fake.requests("HEAD ").isEmpty()) {
                Thread.sleep(5);
            }
            Thread.sleep(100);
            assertThat(waiting.isDone()).isFalse();

            Files.write(incomplete().resolveSibling(model.tag(FILE)), WEIGHTS);
            other.close();

            assertThat(waiting.get(30, TimeUnit.SECONDS)).hasBinaryContent(WEIGHTS);
        } finally {
            pool.shutdownNow();
        }
        assertThat(ranges()).isEmpty();
    }

    @Test
    void aBlobThatAnotherProcessHoldsIsWaitedForAndNotFetchedAgain() throws Exception {
        Path lock = cache.resolve(".locks/models--org--tiny/" + model.tag(FILE) + ".lock");
        Files.createDirectories(lock.getParent());
        ExecutorService pool = Executors.newSingleThreadExecutor();
        Process other = LockHolder.start(lock);
        try {
            Future<Path> waiting = pool.submit(() -> fetch(hub(settings())));
            while (fake.requests("HEAD ").isEmpty()) {
                Thread.sleep(5);
            }
            Thread.sleep(100);
            assertThat(waiting.isDone()).isFalse();

            Files.write(incomplete().resolveSibling(model.tag(FILE)), WEIGHTS);
            other.getOutputStream().close();

            assertThat(waiting.get(30, TimeUnit.SECONDS)).hasBinaryContent(WEIGHTS);
        } finally {
            other.destroy();
            pool.shutdownNow();
        }
        assertThat(ranges()).isEmpty();
    }

    @Test
    void theListenerHearsOfTheBeginningTheProgressAndTheEnd() {
        fake.onStorage(FILE, FakeReply.cutAfter(120_000));
        fetch();

        assertThat(heard.get(0))
                .isEqualTo(new DownloadProgress("org/tiny", FILE, 0, OptionalLong.of(WEIGHTS.length), false));
        assertThat(heard).extracting(DownloadProgress::bytes).isSorted();
        assertThat(heard.get(heard.size() - 1))
                .isEqualTo(
                        new DownloadProgress("org/tiny", FILE, WEIGHTS.length, OptionalLong.of(WEIGHTS.length), true));
        assertThat(heard).filteredOn(DownloadProgress::done).hasSize(1);
    }

    @Test
    void theListenerIsntCalledMoreOftenThanItWants() {
        fetch(hub(settings().withProgressInterval(Duration.ofHours(1))));

        assertThat(heard).hasSize(2);
    }

    @Test
    void anInterruptedThreadGetsAnErrorAndStaysInterrupted() {
        fake.onHub("/api/models", FakeReply.status(500));
        Hub hub = new Hub(settings(), DownloadListener.none(), wait -> {
            throw new InterruptedException();
        });

        assertThatThrownBy(() -> fetch(hub)).hasMessageContaining("was interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }
}
