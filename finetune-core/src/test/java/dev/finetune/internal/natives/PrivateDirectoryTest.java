package dev.finetune.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No native code from a place that others can write, nor from one that they could put in its place. */
class PrivateDirectoryTest {
    private static final Mounts NONE = new Mounts(List.of());
    private static final int SOMEBODY = 54321;

    @TempDir
    private Path temp;

    @BeforeEach
    void onUnix() {
        assumeTrue(Ownership.isKept());
    }

    private static void mode(Path file, int mode) throws IOException {
        Files.setAttribute(file, "unix:mode", mode);
    }

    private static void giveAway(Path file) throws IOException {
        assumeTrue(Ownership.ofProcess() == 0, "only root can give a file to another user");
        Files.setAttribute(file, "unix:uid", SOMEBODY);
    }

    private static Refusal refusal(Path directory) {
        return PrivateDirectory.prepare(directory, NONE).orElseThrow();
    }

    @Test
    void aNewOneIsForItsOwnerAlone() throws IOException {
        final Path made = temp.resolve("a/b");
        assertThat(PrivateDirectory.prepare(made, NONE)).isEmpty();
        assertThat(Ownership.of(made).permissions()).isEqualTo("700");
        assertThat(Ownership.of(made.getParent()).permissions()).isEqualTo("700");
    }

    @Test
    void filesThatVanishWhileItIsLookedAtAreNoFault() throws Exception {
        final Path used = Files.createDirectories(temp.resolve("used"));
        mode(used, 0700);
        final AtomicBoolean ends = new AtomicBoolean();
        final CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            try {
                while (!ends.get()) {
                    final Path folder = Files.createDirectory(used.resolve("unpacked"));
                    for (int i = 0; i < 8; i++) {
                        Files.createFile(folder.resolve(Integer.toString(i)));
                    }
                    for (int i = 0; i < 8; i++) {
                        Files.delete(folder.resolve(Integer.toString(i)));
                    }
                    Files.delete(folder);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        for (int i = 0; i < 2000; i++) {
            assertThat(PrivateDirectory.prepare(used, NONE)).isEmpty();
        }
        ends.set(true);
        other.join();
    }

    @Test
    void oneThatOthersMayWriteIsRefused() throws IOException {
        final Path open = Files.createDirectory(temp.resolve("open"));
        for (int mode : new int[] {0777, 0770, 01777, 0702}) {
            mode(open, mode);
            final Refusal refusal = refusal(open);
            assertThat(refusal.kind()).isEqualTo(Refusal.Kind.TAMPERED);
            assertThat(refusal.why()).contains(open.toString(), Integer.toOctalString(mode));
        }
        mode(open, 0755);
        assertThat(PrivateDirectory.prepare(open, NONE)).isEmpty();
    }

    @Test
    void aSymbolicLinkToSuchIsRefused() throws IOException {
        final Path open = Files.createDirectory(temp.resolve("open"));
        mode(open, 0777);
        final Path link = Files.createSymbolicLink(temp.resolve("link"), open);
        assertThat(refusal(link).kind()).isEqualTo(Refusal.Kind.TAMPERED);
        mode(open, 0700);
        assertThat(PrivateDirectory.prepare(link, NONE)).isEmpty();
    }

    @Test
    void oneThatOthersCouldPutAnotherInThePlaceOfIsRefused() throws IOException {
        final Path shared = Files.createDirectory(temp.resolve("shared"));
        mode(shared, 0777);
        final Path inside = Files.createDirectory(shared.resolve("inside"));
        mode(inside, 0700);
        final Refusal refusal = refusal(inside);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.EXPOSED);
        assertThat(refusal.why()).contains("others can write to " + shared.toRealPath());
        // In a sticky directory, as /tmp is, only its owner may move it.
        mode(shared, 01777);
        assertThat(PrivateDirectory.prepare(inside, NONE)).isEmpty();
    }

    @Test
    void aLinkOnTheWayIsLookedAtWhereItLies() throws IOException {
        final Path shared = Files.createDirectory(temp.resolve("shared"));
        mode(shared, 0777);
        final Path mine = Files.createDirectory(temp.resolve("mine"));
        mode(mine, 0700);
        final Path link = Files.createSymbolicLink(shared.resolve("link"), mine);
        assertThat(refusal(link).kind()).isEqualTo(Refusal.Kind.EXPOSED);
    }

    @Test
    void aVolumeOfAContainerIsTheContainersOwn() throws IOException {
        final Path volume = Files.createDirectory(temp.resolve("volume")).toRealPath();
        mode(volume, 0777);
        final Path inside = volume.resolve("cache");
        final List<String> mounts = List.of(
                "1 0 0:1 / / rw,relatime - overlay overlay rw,lowerdir=x",
                "2 1 8:1 /pods/1 " + volume + " rw,relatime shared:1 - ext4 /dev/sda1 rw");
        assertThat(PrivateDirectory.prepare(inside, Mounts.of(mounts))).isEmpty();
        // The same on a machine that many use.
        final List<String> machine = List.of("1 0 8:1 / / rw,relatime - ext4 /dev/sda2 rw", mounts.get(1));
        assertThat(PrivateDirectory.prepare(inside, Mounts.of(machine)).map(Refusal::kind))
                .contains(Refusal.Kind.EXPOSED);
    }

    @Test
    void anothersIsRefused() throws IOException {
        final Path others = Files.createDirectory(temp.resolve("others"));
        mode(others, 0700);
        giveAway(others);
        assertThat(refusal(others).why()).contains("another user", "uid " + SOMEBODY);
    }

    @Test
    void aLibraryThatAnotherPutThereIsFound() throws IOException {
        final Path cache = temp.resolve("cache");
        assertThat(PrivateDirectory.prepare(cache, NONE)).isEmpty();
        final Path planted = cache.resolve("javacpp/some.jar/libjnitorch.so");
        Files.createDirectories(planted.getParent());
        Files.write(planted, new byte[] {1});
        assertThat(PrivateDirectory.prepare(cache, NONE)).isEmpty();
        giveAway(planted);
        final Refusal refusal = refusal(cache);
        assertThat(refusal.kind()).isEqualTo(Refusal.Kind.TAMPERED);
        assertThat(refusal.why()).contains("libjnitorch.so", "put there by another user");
    }

    @Test
    void aFileSystemThatRunsNoProgramsIsNoPlaceForThem() throws IOException {
        final Path real = temp.toRealPath();
        final Mounts mounts = Mounts.of(List.of(
                "1 0 8:1 / / rw,relatime - ext4 /dev/sda2 rw",
                "2 1 0:3 / " + real + " rw,nosuid,noexec - tmpfs tmpfs rw"));
        assertThat(PrivateDirectory.prepare(real.resolve("cache"), mounts))
                .map(Refusal::kind)
                .contains(Refusal.Kind.UNUSABLE);
    }

    @Test
    void aFileInItsPlaceIsSaid() throws IOException {
        final Path file = Files.createFile(temp.resolve("file"));
        assertThat(refusal(file.resolve("cache")).why()).contains("can't be made");
    }

    @Test
    void aGroupOfTheOwnersNameIsTheOwnersOwn() throws IOException {
        final Path made = Files.createDirectory(temp.resolve("made"));
        mode(made, 0770);
        final Optional<Refusal> inside = PrivateDirectory.prepare(made.resolve("cache"), NONE);
        assertThat(inside.isEmpty()).isEqualTo(Ownership.groupIsTheOwners(made));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(made.resolve("cache"))))
                .isEqualTo("rwx------");
    }
}
