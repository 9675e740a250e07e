package dev.finetune.bert.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a process starts where it isn't alone, where it may not write, and where something lacks: each in a JVM of its own. */
class StartTest {
    @TempDir
    private Path temp;

    private ChildJvm.Ended run(List<String> options, String classPath, Class<?> main)
            throws IOException, InterruptedException {
        return ChildJvm.start(temp, Map.of(), options, classPath, main).end();
    }

    private static String classPathWithout(Predicate<String> jar) {
        return Arrays.stream(ChildJvm.classPath().split(File.pathSeparator))
                .filter(entry -> !jar.test(Path.of(entry).getFileName().toString()))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static List<String> lines(ChildJvm.Ended ended, String start) {
        return ended.output().lines().filter(line -> line.startsWith(start)).toList();
    }

    @Test
    void processesThatStartAtOnceOnWhatAKilledOneLeftAllLive() throws IOException, InterruptedException {
        assertThat(ManyStarts.round(temp, 3, 1500)).isEmpty();
    }

    @Test
    void withoutAHomeNothingIsLoadedFromWhatOthersPutInTheFolderForTemporaryFiles()
            throws IOException, InterruptedException {
        assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("unix"));
        final Path shared = Files.createDirectory(temp.resolve("shared"));
        Files.setAttribute(shared, "unix:mode", 01777);
        Files.createDirectories(shared.resolve(".javacpp-?/cache"));
        for (String version : List.of("0.22.2-0.38.0", "0.21.0-0.38.0")) {
            final Path planted = shared.resolve(".djl.ai/tokenizers/" + version + "-cpu-linux-x86_64");
            Files.createDirectories(planted);
            Files.writeString(planted.resolve("libtokenizers.so"), "somebody else's");
        }
        final ChildJvm.Ended ended = run(
                List.of("-Duser.home=?", "-Duser.name=?", "-Djava.io.tmpdir=" + shared),
                ChildJvm.classPath(),
                FirstUse.class);
        assertThat(ended.status()).as(ended.output()).isZero();
        assertThat(ended.output())
                .contains("unpacked to: " + shared.toRealPath().resolve("finetune-natives-"), "tokens: 1")
                .doesNotContain("failed");
        try (Stream<Path> left = Files.list(shared)) {
            assertThat(left.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder(".javacpp-?", ".djl.ai");
        }
        assertThat(Path.of("?")).doesNotExist();
    }

    @Test
    void aCacheThatOthersMayWriteIsRefusedEachTimeWithWhatToDo() throws IOException, InterruptedException {
        assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("unix"));
        final Path open = Files.createDirectory(temp.resolve("open"));
        Files.setAttribute(open, "unix:mode", 0777);
        final ChildJvm.Ended ended =
                run(List.of("-Dorg.bytedeco.javacpp.cachedir=" + open), ChildJvm.classPath(), FirstUse.class);
        assertThat(ended.status()).as(ended.output()).isZero();
        assertThat(lines(ended, "doctor failed: "))
                .hasSize(2)
                .allSatisfy(line ->
                        assertThat(line).contains("org.bytedeco.javacpp.cachedir", "others can write to " + open));
        assertThat(lines(ended, "model failed: ")).hasSize(2);
        assertThat(lines(ended, "tokens: 1")).hasSize(2);
    }

    @Test
    void jarsThatLackAreNamedEachTime() throws IOException, InterruptedException {
        final Predicate<String> pytorchsNatives =
                name -> name.startsWith("pytorch-") && name.matches(".*x86_64.*|.*arm64.*");
        final ChildJvm.Ended ended = run(List.of(), classPathWithout(pytorchsNatives), FirstUse.class);
        assertThat(ended.status()).as(ended.output()).isZero();
        assertThat(Stream.concat(lines(ended, "doctor failed").stream(), lines(ended, "model failed").stream()))
                .hasSize(4)
                .allSatisfy(line -> assertThat(line)
                        .contains("not on the class path", "runtimeOnly(\"org.bytedeco:pytorch:", "<classifier>")
                        .doesNotContain("runtimeOnly(\"org.bytedeco:openblas"));
    }

    @Test
    void withoutJnaOnlyTuningIsLeftOut() throws IOException, InterruptedException {
        final Path file = Files.createFile(temp.resolve("file"));
        final ChildJvm.Ended ended =
                run(List.of("-Djna.tmpdir=" + file.resolve("none")), ChildJvm.classPath(), FirstUse.class);
        assertThat(ended.status()).as(ended.output()).isZero();
        assertThat(ended.output())
                .contains("JNA: not loaded, tuning left out: ", "model: ", "tokens: 1")
                .doesNotContain("failed");
    }

    @Test
    void aSecondClassLoaderIsToldWhereTheLibrariesBelong() throws IOException, InterruptedException {
        final ChildJvm.Ended ended =
                run(List.of("-Dredeploys.classPath=" + ChildJvm.classPath()), ChildJvm.classPath(), Redeploys.class);
        assertThat(ended.status()).as(ended.output()).isZero();
        final String second = ended.output().substring(ended.output().indexOf("second application"));
        assertThat(second).contains("class loader that the applications share", "restart the process");
    }

    @Test
    void withTheLibrariesInWhatApplicationsShareEachIsDeployedAnewAndCollected()
            throws IOException, InterruptedException {
        final ChildJvm.Ended ended = run(
                List.of("-Dredeploys.shared=true", "-Dredeploys.classPath=" + ChildJvm.classPath()),
                ChildJvm.classPath(),
                Redeploys.class);
        assertThat(ended.status()).as(ended.output()).isZero();
        assertThat(ended.output()).doesNotContain("failed");
        assertThat(lines(ended, "collected")).as(ended.output()).hasSize(2);
    }
}
