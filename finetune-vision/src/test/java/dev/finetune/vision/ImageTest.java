package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.batch.HostTensor;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.augment.Pictures;
import dev.finetune.vision.image.ImageDecoder;
import dev.finetune.vision.image.Pixels;
import dev.finetune.vision.image.Preprocessing;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ImageTest {
    @Test
    void imagesAreEqualByWhatTheyHoldAndNotByTheirNames() {
        byte[] bytes = {1, 2, 3};
        assertThat(Image.of(bytes, "one")).isEqualTo(Image.of(bytes, "other")).hasSameHashCodeAs(Image.of(bytes, "x"));
        assertThat(Image.of(bytes, "one")).isNotEqualTo(Image.of(new byte[] {1, 2}, "one"));
        assertThat(Image.of(Path.of("a/../b.png"))).isEqualTo(Image.of(Path.of("b.png")));
        assertThat(Image.rgb(bytes, 1, 1)).isEqualTo(Image.rgb(bytes, 1, 1));
        assertThat(Image.grey(bytes, 3, 1)).isNotEqualTo(Image.grey(bytes, 1, 3));
        assertThat(Image.pixels(new float[] {1}, 1, 1, 1)).isEqualTo(Image.pixels(new float[] {1}, 1, 1, 1));
        assertThat(Image.read(new ByteArrayInputStream(bytes), "stream")).isEqualTo(Image.of(bytes, "one"));
    }

    @Test
    void arraysAreCopied() {
        byte[] rgb = {1, 2, 3};
        Image image = Image.rgb(rgb, 1, 1);
        rgb[0] = 9;
        assertThat(new ImageDecoder().decode(image).at(0, 0, 0)).isEqualTo(1);
    }

    @Test
    void anImageIsCalledByItsPathOrName() {
        assertThat(Image.of(Path.of("photos", "1.png")).toString()).endsWith("1.png");
        assertThat(Image.of(new byte[0], "upload 7")).hasToString("upload 7");
    }

    @Test
    void arraysOfAnotherSizeThanSaidAreRefused() {
        assertThatThrownBy(() -> Image.rgb(new byte[5], 1, 2)).isInstanceOf(FinetuneException.class);
        assertThatThrownBy(() -> Image.grey(new byte[5], 1, 2)).isInstanceOf(FinetuneException.class);
        assertThatThrownBy(() -> Image.pixels(new float[5], 1, 1, 2))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("1 x 1 x 2");
    }

    @Test
    void aSheetShowsTheBatchWithNormalisationUndone(@TempDir Path folder) {
        Pixels one = Pictures.noise(new SplittableRandom(1), 8, 8);
        Pixels two = Pictures.noise(new SplittableRandom(2), 8, 8);
        float[] numbers = new float[2 * 192];
        System.arraycopy(Preprocessing.IMAGENET.normalised(one), 0, numbers, 0, 192);
        System.arraycopy(Preprocessing.IMAGENET.normalised(two), 0, numbers, 192, 192);
        List<ImageSheet.Tile> tiles = ImageSheet.tiles(
                new HostTensor.Floats(numbers, 2, 3, 8, 8), Preprocessing.IMAGENET, List.of("ant", "bee"));
        assertThat(tiles).containsExactly(new ImageSheet.Tile(one, "ant"), new ImageSheet.Tile(two, "bee"));
        Path file = folder.resolve("sheet.png");
        new ImageSheet(tiles, 4).write(file);
        Pixels sheet = new ImageDecoder().decode(Image.of(file));
        // Enlarged 14 times, with a margin of 6.
        assertThat(sheet.width()).isEqualTo(2 * (8 * 14 + 6) + 6);
        assertThat(sheet.at(6 + 5 * 14 + 3, 6 + 2 * 14 + 3, 1)).isEqualTo(one.at(5, 2, 1));
        assertThat(sheet.at(6 + 14, 6 + 8 * 14 + 6, 0)).isEqualTo(two.at(1, 0, 0));
    }

    @Test
    void aSheetOfNothingIsRefused() {
        assertThatThrownBy(() -> new ImageSheet(List.of(), 3)).isInstanceOf(FinetuneException.class);
    }
}
