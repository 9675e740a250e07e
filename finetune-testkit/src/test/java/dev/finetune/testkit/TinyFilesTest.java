package dev.finetune.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tiny models and data are the same everywhere: here are the checksums of what one machine wrote. */
class TinyFilesTest {
    @TempDir
    Path folder;

    private static String checksum(Path file) throws IOException {
        return FakeModel.sha("SHA-256", Files.readAllBytes(file)).substring(0, 16);
    }

    @Test
    void theWeightsOfTinyModelsAreTheSameBytesEverywhere() throws IOException {
        assertThat(checksum(TinyModels.bert(folder.resolve("bert")).resolve("model.safetensors")))
                .isEqualTo("f64c2046aae2aa29");
        assertThat(checksum(TinyModels.resnet(folder.resolve("resnet")).resolve("model.safetensors")))
                .isEqualTo("438327e9a10a69dc");
        assertThat(checksum(TinyModels.gpt2(folder.resolve("gpt2")).resolve("model.safetensors")))
                .isEqualTo("8f2e7781e934dc2e");
        assertThat(TinyModels.bert().resolve("model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("bert/model.safetensors"));
    }

    @Test
    void tinyDataAreTheSameBytesEverywhere() throws IOException {
        assertThat(checksum(TinyData.reviews(folder.resolve("reviews")))).isEqualTo("d685bd3672de7659");
        assertThat(checksum(TinyData.sentences(folder.resolve("sentences")))).isEqualTo("65056f7c501b145f");
        assertThat(checksum(TinyData.questions(folder.resolve("questions")))).isEqualTo("0dd8c3c6b42470b4");
    }

    @Test
    void reviewsOfOtherNumbersAreOtherReviews() throws IOException {
        final List<String> first = Files.readAllLines(TinyData.reviews(folder.resolve("first"), 0, 40));
        final List<String> others = Files.readAllLines(TinyData.reviews(folder.resolve("others"), 40, 12));

        assertThat(first)
                .hasSize(41)
                .startsWith("text\tlabel", "the lamp is great 0\tpositive")
                .doesNotHaveDuplicates();
        assertThat(others).hasSize(13).doesNotContainAnyElementsOf(first.subList(1, 41));
    }

    @Test
    void coldPicturesAreBluerThanWarmOnes() throws IOException {
        TinyData.pictures(folder);

        assertThat(folder.resolve("cold").toFile().list()).hasSize(10);
        assertThat(warmth(folder.resolve("warm/3.png"))).isPositive();
        assertThat(warmth(folder.resolve("cold/3.png"))).isNegative();
    }

    /** How much more red there is than blue. */
    private static long warmth(Path file) throws IOException {
        final BufferedImage picture = ImageIO.read(file.toFile());
        long sum = 0;
        for (int pixel : picture.getRGB(0, 0, 32, 32, null, 0, 32)) {
            sum += (pixel >> 16 & 255) - (pixel & 255);
        }
        return sum;
    }

    @Test
    void aDirectorysFilesAreServedAsTheHubServesThem() throws IOException {
        try (FakeHub hub = new FakeHub()) {
            final Path model = TinyModels.bert(folder);

            assertThat(hub.model("org/tiny").directory(model).files())
                    .containsOnlyKeys("config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt")
                    .hasEntrySatisfying(
                            "model.safetensors",
                            file -> assertThat(file.large()).isTrue())
                    .hasEntrySatisfying(
                            "vocab.txt", file -> assertThat(file.large()).isFalse());
        }
    }
}
