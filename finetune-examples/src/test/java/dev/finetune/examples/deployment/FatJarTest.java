package dev.finetune.examples.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.examples.ShippedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application with texts and pictures in one jar, started by {@code java -jar}. */
class FatJarTest {
    private static final String MAIN = "app.BothFamilies";

    @TempDir
    private Path folder;

    private Path classes;
    private List<Path> libraries;

    @BeforeEach
    void compile() throws IOException {
        classes = folder.resolve("application");
        // MKL only makes it faster, and is larger than all the rest.
        libraries = Applications.classPath().stream()
                .filter(path -> !path.getFileName().toString().startsWith("mkl-"))
                .toList();
        Applications.compile(
                classes, List.of("-cp", Applications.join(libraries)), "app/App.java", "app/BothFamilies.java");
    }

    @Test
    void aShadedJarHasBothFamiliesAndItsNativeLibraries() throws Exception {
        final Path jar = folder.resolve("shaded.jar");
        FatJars.shade(jar, MAIN, withClasses(libraries));

        assertRuns(List.of(ownCache(), "-jar", jar.toString()));
    }

    @Test
    void ofMergedJarsWithTheFirstFileOfEachNameBothFamiliesStay() throws Exception {
        final Path jar = folder.resolve("merged.jar");
        final List<Path> ours = new ArrayList<>(withClasses(libraries));
        ours.removeIf(FatJarTest::isThirdParty);
        FatJars.shadeUnmerged(jar, MAIN, ours);
        final List<Path> path = new ArrayList<>(libraries);
        path.removeIf(entry -> !isThirdParty(entry));
        path.add(jar);

        assertRuns(List.of("-cp", Applications.join(path), MAIN));
    }

    @Test
    void springBootsNestedJarsHaveBothFamiliesAndTheirNativeLibraries() throws Exception {
        final Path jar = folder.resolve("boot.jar");
        FatJars.springBoot(jar, MAIN, classes, libraries);

        assertRuns(List.of(ownCache(), "-jar", jar.toString()));
    }

    private List<Path> withClasses(List<Path> others) {
        final List<Path> all = new ArrayList<>(List.of(classes));
        all.addAll(others);
        return all;
    }

    private static boolean isThirdParty(Path entry) {
        return Files.isRegularFile(entry) && !entry.getFileName().toString().startsWith("finetune-");
    }

    /** An empty one, so that all is unpacked from the jar. */
    private String ownCache() {
        return "-Ddev.finetune.nativeCache=" + folder.resolve("natives");
    }

    private void assertRuns(List<String> start) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(start);
        command.add(ShippedFiles.encoder(folder).toString());
        command.add(ShippedFiles.resnet(folder).toString());
        command.add(folder.resolve("saved").toString());

        final Applications.Ended ended = Applications.run(folder, command);

        assertThat(ended.output()).contains("same after loading: true", "picture: disc");
        assertThat(ended.status()).isZero();
    }
}
