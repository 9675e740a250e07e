package dev.finetune.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which directory native libraries are unpacked to and loaded from. */
class NativeCacheTest {
    private static final Mounts NONE = new Mounts(List.of());

    @TempDir
    private Path temp;

    private final Properties properties = new Properties();

    @BeforeEach
    void aHome() throws IOException {
        properties.setProperty("os.name", "Linux");
        properties.setProperty(
                "user.home", Files.createDirectory(temp.resolve("home")).toString());
        properties.setProperty(
                "java.io.tmpdir", Files.createDirectory(temp.resolve("tmp")).toString());
    }

    private NativeCache find(Map<String, String> environment) {
        return NativeCache.find(new Surroundings(properties, environment), NONE);
    }

    private Path usual(Map<String, String> environment) {
        return new CachePlaces(new Surroundings(properties, environment))
                .usual()
                .orElseThrow();
    }

    @Test
    void theUsualOneIsInTheUsersCache() {
        final Path home = temp.resolve("home");
        assertThat(find(Map.of()).directory()).isEqualTo(home.resolve(".cache/finetune/natives"));
        final Path xdg = temp.resolve("xdg").toAbsolutePath();
        assertThat(find(Map.of("XDG_CACHE_HOME", xdg.toString())).directory())
                .isEqualTo(xdg.resolve("finetune/natives"));
        assertThat(usual(Map.of("XDG_CACHE_HOME", "relative"))).startsWith(home);
        properties.setProperty("os.name", "Mac OS X");
        assertThat(usual(Map.of())).isEqualTo(home.resolve("Library/Caches/finetune/natives"));
        properties.setProperty("os.name", "Windows 11");
        assertThat(usual(Map.of("LOCALAPPDATA", xdg.toString()))).isEqualTo(xdg.resolve("finetune/natives"));
        assertThat(usual(Map.of())).isEqualTo(home.resolve("AppData/Local/finetune/natives"));
    }

    @Test
    void thePropertyGoesBeforeTheVariableAndThatBeforeTheHome() {
        final Map<String, String> variable =
                Map.of("FINETUNE_NATIVE_CACHE", temp.resolve("variable").toString());
        assertThat(find(variable).directory()).isEqualTo(temp.resolve("variable"));
        assertThat(find(variable).describe()).contains("FINETUNE_NATIVE_CACHE");
        properties.setProperty(
                "dev.finetune.nativeCache", temp.resolve("property").toString());
        assertThat(find(variable).directory()).isEqualTo(temp.resolve("property"));
        assertThat(find(variable).lasts()).isTrue();
    }

    @Test
    void oneThatWasAskedForAndIsUnsafeIsRefusedWithWhatNamedIt() throws IOException {
        assumeTrue(Ownership.isKept());
        final Path open = Files.createDirectory(temp.resolve("open"));
        Files.setAttribute(open, "unix:mode", 0777);
        properties.setProperty("dev.finetune.nativeCache", open.toString());
        assertThatThrownBy(() -> find(Map.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(open.toString(), "dev.finetune.nativeCache", "others can write", "Remove it");
        properties.remove("dev.finetune.nativeCache");
        assertThatThrownBy(() -> find(Map.of("FINETUNE_NATIVE_CACHE", open.toString())))
                .hasMessageContaining("from the environment variable FINETUNE_NATIVE_CACHE");
    }

    @Test
    void theUsualOneThatOthersHadIsRefusedAndNotGoneAround() throws IOException {
        assumeTrue(Ownership.isKept());
        final Path usual = Files.createDirectories(usual(Map.of()));
        Files.setAttribute(usual, "unix:mode", 0777);
        assertThatThrownBy(() -> find(Map.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(usual.toString(), "Remove it and start again");
    }

    @Test
    void aUserWithoutAHomeGetsANewDirectoryAndNoneOfThatName() throws IOException {
        properties.setProperty("user.home", "?");
        properties.setProperty("user.name", "?");
        // What JavaCPP and DJL would have taken.
        Files.createDirectories(temp.resolve("tmp/.javacpp-?/cache"));
        Files.createDirectories(temp.resolve("tmp/.djl.ai"));
        final NativeCache one = find(Map.of());
        final NativeCache other = find(Map.of());
        assertThat(one.directory().getParent()).isEqualTo(temp.resolve("tmp").toRealPath());
        assertThat(one.directory().getFileName().toString()).startsWith("finetune-natives-");
        assertThat(one.directory()).isNotEqualTo(other.directory());
        assertThat(one.lasts()).isFalse();
        assertThat(one.describe()).contains("no home directory", "dev.finetune.nativeCache", "FINETUNE_NATIVE_CACHE");
        assertThat(Path.of("?")).doesNotExist();
        if (Ownership.isKept()) {
            assertThat(Ownership.of(one.directory()).permissions()).isEqualTo("700");
        }
    }

    @Test
    void aHomeThatIsNotThereIsNotMade() {
        properties.setProperty("user.home", temp.resolve("nobody").toString());
        assertThat(find(Map.of()).lasts()).isFalse();
        assertThat(temp.resolve("nobody")).doesNotExist();
    }

    @Test
    void withoutAnyPlaceItSaysWhyForEach() throws IOException {
        assumeTrue(Ownership.isKept());
        properties.setProperty("user.home", "?");
        Files.setAttribute(temp.resolve("tmp"), "unix:mode", 0777);
        assertThatThrownBy(() -> find(Map.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(
                        "no home directory", "java.io.tmpdir", "others can write to", "FINETUNE_NATIVE_CACHE");
        properties.setProperty("java.io.tmpdir", temp.resolve("none").toString());
        assertThatThrownBy(() -> find(Map.of())).hasMessageContaining(temp.resolve("none") + " isn't there");
    }

    @Test
    void whatAKilledProcessLeftIsRemoved() throws IOException {
        properties.setProperty("user.home", "?");
        final Path left = Files.createDirectories(temp.resolve("tmp/finetune-natives-1-1-a"));
        Files.createFile(left.resolve("alive"));
        Files.createFile(Files.createDirectories(left.resolve("javacpp")).resolve("libtorch_cpu.so"));
        final Path young = Files.createDirectories(temp.resolve("tmp/finetune-natives-1-1-b"));
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(100)));
        find(Map.of());
        assertThat(left).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void whatALivingProcessHoldsStays() throws IOException {
        properties.setProperty("user.home", "?");
        final Path held = Files.createDirectories(temp.resolve("tmp/finetune-natives-1-1-a"));
        try (FileChannel channel =
                FileChannel.open(Files.createFile(held.resolve("alive")), StandardOpenOption.WRITE)) {
            channel.lock();
            Files.setLastModifiedTime(held, FileTime.from(Instant.now().minusSeconds(100)));
            find(Map.of());
            assertThat(held).exists();
        }
    }

    @Test
    void djlsOwnVariablesAreTheUsersSay() {
        assertThat(DjlCache.own(new Surroundings(properties, Map.of()))).isEmpty();
        assertThat(DjlCache.own(new Surroundings(properties, Map.of("DJL_CACHE_DIR", "/a")))
                        .map(CachePlaces.Named::directory))
                .contains(Path.of("/a/tokenizers").toAbsolutePath());
        assertThat(DjlCache.own(new Surroundings(properties, Map.of("DJL_CACHE_DIR", "/a", "ENGINE_CACHE_DIR", "/b")))
                        .map(CachePlaces.Named::by))
                .contains("ENGINE_CACHE_DIR");
    }
}
