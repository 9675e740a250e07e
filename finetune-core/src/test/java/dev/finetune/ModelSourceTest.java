package dev.finetune;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.hub.HubSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A path is a path, and never asks the hub; only a name may. */
class ModelSourceTest {
    @TempDir
    private Path folder;

    private static void isRefused(ThrowingCallable call, String... words) {
        assertThatThrownBy(call)
                .isInstanceOf(FinetuneException.class)
                .satisfies(thrown -> org.assertj.core.api.Assertions.assertThat(thrown.getMessage())
                        .contains(words));
    }

    @Test
    void aMissingPathIsRefusedAtOnceWithTheAbsolutePathEvenIfItHasTheShapeOfAnId() {
        final Path missing = Path.of("org", "no-such-model");
        final String absolute = missing.toAbsolutePath().toString();
        isRefused(() -> FineTuner.from(missing), absolute, "neither a directory nor a file");
        isRefused(() -> FineTuned.load(missing), absolute, "counts from", "FineTuner.from(\"organisation/name\")");
    }

    @Test
    void aPathThatIsGoneByTheTimeOfTheFitIsNotLookedForOnTheHub() throws IOException {
        final Path directory = Files.createDirectory(folder.resolve("model"));
        final HubSettings nowhere =
                HubSettings.defaults(folder.resolve("cache")).withEndpoint(URI.create("http://localhost:1"));
        final FineTuner tuner = FineTuner.from(directory).head(2).hub(h -> h.settings(nowhere));
        Files.delete(directory);
        final Dataset<Text> data = Dataset.of(
                Text.class,
                List.of(new Example<>(Text.of("a"), Label.of("x")), new Example<>(Text.of("b"), Label.of("y"))));
        isRefused(() -> tuner.fitAll(data), directory.toString(), "There is no model at");
    }

    @Test
    void aPathOfAnotherFileSystemIsRefused() throws IOException {
        final URI archive = URI.create("jar:" + folder.resolve("model.zip").toUri());
        try (FileSystem zip = FileSystems.newFileSystem(archive, Map.of("create", "true"))) {
            isRefused(() -> FineTuner.from(zip.getPath("/")), "file system", "copy it to a directory");
        }
    }

    @Test
    void aRevisionOfWhatIsLocalIsRefused() {
        isRefused(
                () -> FineTuner.from(folder).hub(h -> h.revision("v2")),
                "revision(\"v2\")",
                folder.toString(),
                "leave hub(h -> h.revision(...)) out");
        final FineTuner named =
                FineTuner.from(folder.toString()).hub(h -> h.revision("v2")).head(2);
        isRefused(() -> named.untrained(Text.class), "revision(\"v2\")", folder.toString());
    }

    @Test
    void aNameThatNeitherThePlaceNorTheHubKnowsIsRefusedWithBothPlaces() {
        final HubSettings offline =
                HubSettings.defaults(folder.resolve("cache")).withOffline(true);
        final FineTuner named = FineTuner.from("models/no-such-model")
                .hub(h -> h.settings(offline))
                .head(2);
        isRefused(
                () -> named.untrained(Text.class),
                "isn't in the cache",
                "no directory " + Path.of("models/no-such-model").toAbsolutePath());
    }
}
