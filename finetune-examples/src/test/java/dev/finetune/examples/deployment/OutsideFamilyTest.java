package dev.finetune.examples.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A family in a module of its own, which brings its kind of input, label, head, target, task, metric and prediction, and sees
 * only what the core exports.
 */
class OutsideFamilyTest {
    private static final List<String> SOURCES = List.of(
            "module-info.java",
            "com/example/stars/Main.java",
            "com/example/stars/Rated.java",
            "com/example/stars/Rating.java",
            "com/example/stars/RatingTask.java",
            "com/example/stars/Stars.java",
            "com/example/stars/StarsFamily.java",
            "com/example/stars/TwoThreads.java",
            "com/example/stars/Visit.java",
            "com/example/stars/VisitEncoder.java");

    @TempDir
    private Path folder;

    @Test
    void trainsKeepsTheBestByItsOwnMetricAndLoadsAgain() throws Exception {
        final List<Path> path = Applications.classPath();
        assumeThat(path)
                .as("the library's modules")
                .anyMatch(entry -> Files.exists(entry.resolve("module-info.class")));
        final Path classes = folder.resolve("classes");
        Applications.compile(
                classes,
                List.of("-p", Applications.join(path)),
                SOURCES.stream().map(name -> "stars/" + name).toArray(String[]::new));

        final Applications.Ended ended = Applications.run(
                folder,
                List.of(
                        "-p",
                        Applications.join(
                                Stream.concat(Stream.of(classes), path.stream()).toList()),
                        "-m",
                        "com.example.stars/com.example.stars.Main",
                        folder.resolve("models").toString()));

        assertThat(ended.output())
                .contains("kept the lowest: true", "learned: true", "stars: 3", "same after loading: true")
                .contains("exchanged: 4.0 [31.0, 42.0]")
                .contains("refused: ", "are labelled with a Stars each, and the head is for one of 2 classes");
        assertThat(ended.status()).isZero();
    }
}
