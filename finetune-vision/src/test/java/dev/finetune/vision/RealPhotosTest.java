package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Photos as cameras and the web have them. Needs a folder with {@code train} and {@code val} of a folder per class, in
 * the system property {@code finetune.photos}; skipped, with a word, without.
 */
final class RealPhotosTest {
    @Test
    void everyPhotoCanBeDecoded() {
        Path photos = Path.of(
                Optional.ofNullable(System.getProperty("finetune.photos")).orElse(""));
        boolean there = !photos.toString().isEmpty() && Files.isDirectory(photos);
        Assumptions.assumeTrue(there, "SKIPPED: set -Dtest.jvm.args=-Dfinetune.photos=DIR to decode real photos");
        Split<Image> split = ImageFolder.splits(photos);
        for (Dataset<Image> part : List.of(split.train(), split.validation())) {
            assertThat(ImageFolder.verified(part, OnBroken.FAIL).asList()).hasSameSizeAs(part.asList());
        }
    }
}
