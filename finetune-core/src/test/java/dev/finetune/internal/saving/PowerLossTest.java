package dev.finetune.internal.saving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk may lose what it wasn't asked to confirm, each name for itself: the old model or the new one is there all the same. */
class PowerLossTest {
    private static final int TRIES = 8;

    @TempDir
    private Path folder;

    @Test
    void whateverTheDiskForgetsTheOldModelOrTheNewOneIsReadWhole() throws IOException {
        final Path directory = Model.old().in(folder.resolve("model"));
        final Map<String, String> old = Model.found(directory);
        final Map<Path, byte[]> before = contents(directory);
        final Volatile disk = new Volatile();
        new DirectorySave(directory, disk).make(Model.next());
        final Map<String, String> next = new TreeMap<>(Model.next().files());
        assertThat(Model.found(directory)).isEqualTo(next);
        final Random random = new Random(1);
        int news = 0;
        for (int step = 0; step <= disk.steps(); step++) {
            for (int i = 0; i < TRIES; i++) {
                final Path again = folder.resolve(step + "-" + i);
                restore(disk.after(step, before, random::nextBoolean), directory, again);
                final Map<String, String> found = new WholeRead(List.of(again), true)
                        .read(places -> Model.found(places.apply(again)), read -> {});
                assertThat(found).as("after step %d", step).isIn(old, next);
                news += found.equals(next) ? 1 : 0;
                assertThat(step < disk.steps() || found.equals(next))
                        .as("what was saved stays")
                        .isTrue();
            }
        }
        assertThat(news).isBetween(TRIES, TRIES * disk.steps());
    }

    private static Map<Path, byte[]> contents(Path directory) throws IOException {
        final Map<Path, byte[]> contents = new HashMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(file, Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static void restore(Volatile.State state, Path from, Path to) throws IOException {
        for (Path staging : state.folders()) {
            Files.createDirectories(to.resolve(from.relativize(staging)));
        }
        for (Map.Entry<Path, byte[]> file : state.files().entrySet()) {
            final Path place = to.resolve(from.relativize(file.getKey()));
            Files.createDirectories(place.getParent());
            Files.write(place, file.getValue());
        }
    }
}
