package dev.finetune.examples.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.finetune.examples.ShippedFiles;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An application of its own module, with everything on the module path. */
class ModulePathTest {
    @TempDir
    private Path folder;

    @Test
    void twoRequiresAreAllThatAnApplicationWrites() throws Exception {
        final List<Path> path = Applications.classPath();
        assumeThat(modules(path))
                .as("the library is compiled with its module descriptors")
                .anyMatch(module -> module.descriptor().name().equals("dev.finetune.core")
                        && !module.descriptor().isAutomatic());
        final Path classes = folder.resolve("classes");
        Applications.compile(classes, List.of("-p", Applications.join(path)), "module-info.java", "app/App.java");

        final Applications.Ended ended = Applications.run(
                folder,
                List.of(
                        "-p",
                        Applications.join(
                                Stream.concat(Stream.of(classes), path.stream()).toList()),
                        "-m",
                        "app/app.App",
                        ShippedFiles.encoder(folder).toString(),
                        folder.resolve("saved").toString()));

        assertThat(ended.output()).contains("same after loading: true", "module: true true");
        assertThat(ended.status()).isZero();
    }

    private static List<ModuleReference> modules(List<Path> path) {
        return List.copyOf(ModuleFinder.of(path.toArray(Path[]::new)).findAll());
    }
}
