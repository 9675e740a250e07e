package dev.finetune.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.testkit.FakeHub;
import dev.finetune.testkit.FakeModel;
import dev.finetune.testkit.FakeReply;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a model's files are looked for, which are brought, and how the cache is laid out. */
class HubResolveTest {
    private static final byte[] WEIGHTS = "the weights".repeat(50).getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path cache;

    private FakeHub fake;

    @BeforeEach
    void start() throws IOException {
        fake = new FakeHub();
    }

    @AfterEach
    void stop() {
        fake.close();
    }

    private HubSettings settings() {
        return HubSettings.defaults(cache)
                .withEndpoint(fake.endpoint())
                .withPatience(HubPatience.defaults().withRetries(1, Duration.ofMillis(1)));
    }

    private Hub hub() {
        return new Hub(settings());
    }

    private Hub offline() {
        return new Hub(settings().withOffline(true));
    }

    private FakeModel tiny() {
        return fake.model("org/tiny")
                .small("config.json", "{\"model_type\": \"bert\"}")
                .small("vocab.txt", "[PAD]\n[UNK]\n")
                .large("model.safetensors", WEIGHTS);
    }

    private static List<String> filesIn(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void anExistingDirectoryIsReturnedAsItIs(@TempDir Path local) {
        ResolvedModel found = hub().locate(local.toString(), "main", FilesNeeded.model());

        assertThat(found).isEqualTo(new ResolvedModel(local, Optional.empty(), Optional.empty()));
        assertThat(fake.requests()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"./nowhere", "/no/such/dir", "a/b/c", "org/", "org\\name", "~/models/bert", "-x", "a--b", "a..b"
            })
    void whatIsNeitherDirectoryNorIdIsRefusedWithThePathThatWasLookedFor(String text) {
        assertThatThrownBy(() -> hub().resolve(text))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("There is no model '" + text + "'")
                .hasMessageContaining(Path.of(text).toAbsolutePath().normalize().toString())
                .hasMessageContaining("'name' or 'org/name'");
        assertThat(fake.requests()).isEmpty();
    }

    @Test
    void aFileInPlaceOfItsDirectoryIsExplained(@TempDir Path local) throws IOException {
        Path file = Files.writeString(local.resolve("model.safetensors"), "x");

        assertThatThrownBy(() -> hub().resolve(file.toString()))
                .hasMessageContaining("pass the directory that holds it");
    }

    @Test
    void aModelIsBroughtAndLaidOutAsPythonDoesIt() throws IOException {
        FakeModel model = tiny();

        Path found = hub().resolve("org/tiny");

        Path folder = cache.resolve("models--org--tiny");
        assertThat(found).isEqualTo(folder.resolve("snapshots").resolve(model.commit()));
        assertThat(folder.resolve("refs/main")).hasContent(model.commit());
        assertThat(filesIn(found)).containsExactly("config.json", "model.safetensors", "vocab.txt");
        assertThat(filesIn(folder.resolve("blobs")))
                .containsExactlyInAnyOrder(
                        model.tag("config.json"), model.tag("model.safetensors"), model.tag("vocab.txt"));
        for (String name : filesIn(found)) {
            assertThat(Files.readSymbolicLink(found.resolve(name))).hasToString("../../blobs/" + model.tag(name));
        }
        assertThat(found.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(cache.resolve(".locks/models--org--tiny/" + model.tag("config.json") + ".lock"))
                .exists();
        assertThat(folder.resolve(".no_exist").resolve(model.commit()).resolve("tokenizer.json"))
                .isEmptyFile();
    }

    @Test
    void aFileInAFolderGetsALinkThatLeadsOutOfTheFolder() throws IOException {
        FakeModel model = fake.model("tiny").small("a/b/words.txt", "one");

        Path found = hub().resolve("tiny", "main", FilesNeeded.of("a/b/words.txt"));

        assertThat(Files.readSymbolicLink(found.resolve("a/b/words.txt")))
                .hasToString("../../../../blobs/" + model.tag("a/b/words.txt"));
        assertThat(found.resolve("a/b/words.txt")).hasContent("one");
    }

    @Test
    void withoutSymbolicLinksTheSnapshotHoldsTheFilesThemselves() {
        tiny();

        Path found = new Hub(settings().withSymlinks(false)).resolve("org/tiny");

        assertThat(found.resolve("model.safetensors")).isRegularFile().hasBinaryContent(WEIGHTS);
        assertThat(Files.isSymbolicLink(found.resolve("model.safetensors"))).isFalse();
    }

    @Test
    void aSecondCallMakesNoRequest() {
        tiny();
        Path first = hub().resolve("org/tiny");
        int requests = fake.requests().size();

        assertThat(hub().resolve("org/tiny")).isEqualTo(first);
        assertThat(offline().resolve("org/tiny")).isEqualTo(first);
        assertThat(fake.requests()).hasSize(requests);
    }

    @Test
    void aModelWithoutTokenizerIsntAskedForTwice() {
        fake.model("plain").small("config.json", "{}").large("model.safetensors", WEIGHTS);
        hub().resolve("plain");
        int requests = fake.requests().size();

        hub().resolve("plain");

        assertThat(fake.requests()).hasSize(requests);
    }

    @Test
    void aCacheThatPythonFilledIsUsedWithoutTheNetwork() throws IOException {
        Path folder = cache.resolve("models--bert-base-uncased");
        Path snapshot = Files.createDirectories(folder.resolve("snapshots/86b5e0934494bd15c9632b12f734a8a67f723594"));
        Files.createDirectories(folder.resolve("blobs"));
        Files.createDirectories(folder.resolve("refs"));
        Files.writeString(folder.resolve("refs/main"), "86b5e0934494bd15c9632b12f734a8a67f723594");
        for (String name : List.of("config.json", "vocab.txt", "model.safetensors")) {
            Files.writeString(folder.resolve("blobs/tag-of-" + name), name);
            Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs/tag-of-" + name));
        }

        assertThat(hub().resolve("bert-base-uncased")).isEqualTo(snapshot);
        assertThat(hub().resolve("bert-base-uncased", "86b5e0934494bd15c9632b12f734a8a67f723594"))
                .isEqualTo(snapshot);
        assertThat(fake.requests()).isEmpty();
    }

    @Test
    void aSnapshotThatLacksTheTokenizerIsCompletedFromTheHub() throws IOException {
        FakeModel model = tiny();
        Path found = hub().resolve("org/tiny");
        Files.delete(found.resolve("vocab.txt"));
        int requests = fake.requests().size();

        hub().resolve("org/tiny");

        assertThat(found.resolve("vocab.txt")).exists();
        assertThat(fake.requests().stream().skip(requests).map(FakeHub.Request::path))
                .as("the blob is there still: only its name is asked for")
                .containsExactly(
                        "/api/models/org/tiny/revision/main", "/org/tiny/resolve/" + model.commit() + "/vocab.txt");
    }

    @Test
    void aSnapshotWhoseLinksLeadNowhereIsRepaired() throws IOException {
        FakeModel model = tiny();
        Path found = hub().resolve("org/tiny");
        Files.delete(cache.resolve("models--org--tiny/blobs/" + model.tag("model.safetensors")));

        hub().resolve("org/tiny");

        assertThat(found.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
    }

    @Test
    void aHubThatCantBeReachedDoesntStandInTheWayOfAUsableSnapshot() throws IOException {
        tiny();
        Path found = hub().resolve("org/tiny");
        Files.delete(found.resolve("vocab.txt"));
        fake.close();

        assertThat(hub().resolve("org/tiny")).isEqualTo(found);
    }

    @Test
    void aNewCommitReusesTheFilesThatDidntChange() throws IOException {
        FakeModel model = tiny();
        hub().resolve("org/tiny");
        model.commit("1111111111111111111111111111111111111111").small("config.json", "{\"changed\": true}");
        int downloads = fake.requests("GET /stored").size();

        Path found = hub().resolve("org/tiny", "1111111111111111111111111111111111111111");

        assertThat(found.resolve("config.json")).hasContent("{\"changed\": true}");
        assertThat(found.resolve("model.safetensors")).hasBinaryContent(WEIGHTS);
        assertThat(fake.requests("GET /stored")).hasSize(downloads);
        assertThat(cache.resolve("models--org--tiny/refs/1111111111111111111111111111111111111111"))
                .doesNotExist();
    }

    @Test
    void aBranchWithASlashIsARevision() {
        FakeModel model = tiny().branch("refs/pr/1");

        assertThat(hub().resolve("org/tiny", "refs/pr/1")).hasFileName(model.commit());
        assertThat(cache.resolve("models--org--tiny/refs/refs/pr/1")).hasContent(model.commit());
        assertThatThrownBy(() -> hub().resolve("org/tiny", "../../main")).hasMessageContaining("is refused");
        assertThatThrownBy(() -> hub().resolve("org/tiny", " ")).hasMessageContaining("expected a branch");
    }

    @Test
    void safetensorsArePreferredToPickles() throws IOException {
        tiny().large("pytorch_model.bin", WEIGHTS).large("tf_model.h5", WEIGHTS).small("README.md", "text");

        assertThat(filesIn(hub().resolve("org/tiny"))).containsExactly("config.json", "model.safetensors", "vocab.txt");
    }

    @Test
    void picklesAreTakenWhereThereIsNothingElse() throws IOException {
        fake.model("old").small("config.json", "{}").large("pytorch_model.bin", WEIGHTS);

        assertThat(filesIn(hub().resolve("old"))).containsExactly("config.json", "pytorch_model.bin");
    }

    @Test
    void anIndexBringsItsShardsAndNoOthers() throws IOException {
        fake.model("big")
                .small("config.json", "{}")
                .small(
                        "model.safetensors.index.json",
                        "{\"metadata\": {}, \"weight_map\": {\"a\": \"model-1-of-2.safetensors\","
                                + " \"b\": \"model-2-of-2.safetensors\", \"c\": \"model-1-of-2.safetensors\"}}")
                .large("model-1-of-2.safetensors", WEIGHTS)
                .large("model-2-of-2.safetensors", "other".getBytes(StandardCharsets.UTF_8))
                .large("model-of-another-precision.safetensors", WEIGHTS)
                .large("pytorch_model.bin", WEIGHTS);

        Path found = hub().resolve("big");
        assertThat(filesIn(found))
                .containsExactly(
                        "config.json",
                        "model-1-of-2.safetensors",
                        "model-2-of-2.safetensors",
                        "model.safetensors.index.json");

        Files.delete(found.resolve("model-2-of-2.safetensors"));
        assertThatThrownBy(() -> offline().resolve("big")).hasMessageContaining("lacks weights");
        assertThat(hub().resolve("big").resolve("model-2-of-2.safetensors")).hasContent("other");
    }

    @Test
    void anIndexThatLeadsOutOfTheRepositoryIsRefused() {
        fake.model("evil")
                .small("config.json", "{}")
                .small("model.safetensors.index.json", "{\"weight_map\": {\"a\": \"../../../../evil\"}}");

        assertThatThrownBy(() -> hub().resolve("evil"))
                .hasMessageContaining("'../../../../evil'")
                .hasMessageContaining("is refused");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "/etc/passwd", "a/../../x", "a//b", "..", "a\\..\\b"})
    void aFileNameThatLeadsOutOfTheRepositoryIsRefused(String name) {
        tiny().small(name, "evil");

        assertThatThrownBy(() -> hub().resolve("org/tiny"))
                .hasMessageContaining("'" + name + "'")
                .hasMessageContaining("is refused");
        assertThatThrownBy(() -> FilesNeeded.of(name)).hasMessageContaining("is refused");
    }

    @Test
    void aCommitOrTagThatIsAPathIsRefused() {
        tiny().commit("../../evil");
        assertThatThrownBy(() -> hub().resolve("org/tiny")).hasMessageContaining("The commit '../../evil'");

        fake.model("odd").small("config.json", "{}").tag("config.json", "../../evil");
        assertThatThrownBy(() -> hub().resolve("odd", "main", FilesNeeded.of("config.json")))
                .hasMessageContaining("the entity tag '../../evil'");
    }

    @Test
    void aRepositoryWithoutWeightsIsExplained() {
        fake.model("empty").small("config.json", "{}").small("weights.onnx", "x");

        assertThatThrownBy(() -> hub().resolve("empty"))
                .hasMessageContaining("lacks weights (model.safetensors, or model.safetensors.index.json, or")
                .hasMessageContaining("It has: config.json, weights.onnx");
    }

    @Test
    void offlineAMissingModelIsNamedWithThePlaceAndTheRemedies() {
        assertThatThrownBy(() -> offline().resolve("org/tiny", "v1"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("'org/tiny', revision 'v1'")
                .hasMessageContaining("config.json, weights (model.safetensors")
                .hasMessageContaining(
                        cache.resolve("models--org--tiny").toAbsolutePath().toString())
                .hasMessageContaining("hf download org/tiny --revision v1")
                .hasMessageContaining("HF_HOME")
                .hasMessageContaining("local directory")
                .hasMessageContaining("unset HF_HUB_OFFLINE");
        assertThat(fake.requests()).isEmpty();
    }

    @Test
    void offlineTheMissingFileOfASnapshotIsNamed() throws IOException {
        tiny();
        Path found = hub().resolve("org/tiny");
        Files.delete(found.resolve("model.safetensors"));

        assertThatThrownBy(() -> offline().resolve("org/tiny"))
                .hasMessageContaining("the snapshot " + found + " lacks weights (model.safetensors");
    }

    @Test
    void aHubThatCantBeReachedIsAnErrorThatSaysWhatToDo() {
        fake.close();

        assertThatThrownBy(() -> hub().resolve("org/tiny"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(fake.endpoint() + " didn't deliver it")
                .hasMessageContaining("ConnectException")
                .hasMessageContaining("https.proxyHost");
    }

    @Test
    void anAnswerThatIsntAHubsIsExplained() {
        fake.onHub("/api/models", FakeReply.contents("<html>Please log in</html>".getBytes(StandardCharsets.UTF_8)));

        assertThatThrownBy(() -> hub().resolve("org/tiny"))
                .hasMessageContaining("doesn't answer as a model hub does")
                .hasMessageContaining("<html>Please log in</html>");
    }

    @Test
    void anUnwritableCacheIsExplained(@TempDir Path other) throws IOException {
        tiny();
        Path file = Files.writeString(other.resolve("file"), "not a directory");
        Hub hub = new Hub(settings().withCacheDirectory(file));

        assertThatThrownBy(() -> hub.resolve("org/tiny"))
                .hasMessageContaining("The model cache can't be used at " + file)
                .hasMessageContaining("HF_HUB_CACHE");
    }

    @Test
    void anEndpointMayHaveAPath() {
        Hub hub = new Hub(settings().withEndpoint(URI.create(fake.endpoint() + "/mirror/")));

        assertThatThrownBy(() -> hub.resolve("org/tiny")).isInstanceOf(FinetuneException.class);
        assertThat(fake.requests().get(0).path()).isEqualTo("/mirror/api/models/org/tiny/revision/main");
    }
}
