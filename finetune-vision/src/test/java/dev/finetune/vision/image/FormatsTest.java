package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.checkpoint.Weights;
import dev.finetune.vision.Image;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every format and kind is decoded to what Pillow makes of it. */
final class FormatsTest {
    /** Where the decoder isn't Pillow's own: how far a value may be away, at most and on average. */
    private static final Map<String, double[]> LOSSY = Map.of(
            // Chroma isn't smoothed as libwebp does it, which shows most in a small, colourful picture.
            "lossy.webp", new double[] {40, 6}, "alpha-lossy.webp", new double[] {40, 6}, "smooth.webp", new double[] {
                12, 1
            });

    /** Pillow makes 16-bit grey white from 255 on; here it is scaled, as 16-bit colours are. */
    private static final String GREY_16 = "grey-16.png";

    static Stream<Path> pictures() {
        return Stream.of(".jpg", ".png", ".gif", ".bmp", ".webp")
                .flatMap(ending -> References.files(References.resource("pictures"), ending).stream())
                .filter(file -> !file.endsWith(GREY_16));
    }

    @ParameterizedTest
    @MethodSource("pictures")
    void aPictureIsDecodedAsPillowDecodesIt(Path picture) {
        String name = picture.getFileName().toString();
        Pixels found = new ImageDecoder().decode(Image.of(picture));
        try (Weights weights = Weights.open(References.resource("pictures/expected.safetensors"))) {
            Pixels expected = References.pixels(weights, name);
            assertThat(List.of(found.height(), found.width())).isEqualTo(List.of(expected.height(), expected.width()));
            double[] allowed = LOSSY.getOrDefault(name, new double[] {0, 0});
            assertThat((double) References.furthest(found, expected)).isLessThanOrEqualTo(allowed[0]);
            assertThat(References.meanDistance(found, expected)).isLessThanOrEqualTo(allowed[1]);
        }
    }

    @Test
    void greyOf16BitsIsCutToItsHighByteAsColoursAre() {
        Pixels colour = decode(References.resource("pictures/rgb-16.png"));
        Pixels grey = decode(References.resource("pictures/grey-16.png"));
        for (int row = 0; row < grey.height(); row++) {
            for (int column = 0; column < grey.width(); column++) {
                assertThat(grey.at(row, column, 1)).isEqualTo(colour.at(row, column, 0));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void aPictureIsTurnedUprightByEachOrientation(int orientation) {
        Pixels upright = decode(References.resource("pictures/orientation-1.jpg"));
        Pixels stored = Orientation.upright(upright, 1);
        Pixels turned = decode(References.resource("pictures/orientation-" + orientation + ".jpg"));
        boolean lying = orientation >= 5;
        assertThat(turned.width()).isEqualTo(lying ? stored.height() : stored.width());
        assertThat(turned).isEqualTo(Orientation.upright(stored, orientation));
    }

    static Stream<Path> turned() {
        return Stream.of(".jpg", ".png", ".webp")
                .flatMap(ending -> References.files(References.resource("turned"), ending).stream());
    }

    @ParameterizedTest
    @MethodSource("turned")
    void aPictureIsTurnedUprightWhereverItSaysHow(Path picture) {
        try (Weights weights = Weights.open(References.resource("turned/expected.safetensors"))) {
            assertThat(decode(picture))
                    .isEqualTo(References.pixels(weights, picture.getFileName().toString()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "bmp", "gif"})
    void whatJavaWritesIsReadToTheBit(String format) throws Exception {
        BufferedImage image = new BufferedImage(19, 11, BufferedImage.TYPE_BYTE_INDEXED);
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 19 * 11; i++) {
            image.getRaster().setSample(i % 19, i / 19, 0, random.nextInt(200));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(ImageIO.write(image, format, bytes)).isTrue();
        assertThat(new ImageDecoder().decode(Image.of(bytes.toByteArray(), "a." + format)))
                .isEqualTo(BufferedImages.pixels(image));
    }

    @Test
    void anInterlacedPngIsReadToTheBit() throws Exception {
        BufferedImage image = BufferedImages.of(decode(References.resource("pictures/still.bmp")));
        ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
        ImageWriteParam settings = writer.getDefaultWriteParam();
        settings.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream output = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(output);
            writer.write(null, new IIOImage(image, null, null), settings);
        }
        assertThat(new ImageDecoder().decode(Image.of(bytes.toByteArray(), "interlaced")))
                .isEqualTo(BufferedImages.pixels(image));
    }

    @Test
    void theNameDoesNotDecideTheFormat(@TempDir Path folder) throws Exception {
        Path misnamed = Files.copy(References.resource("pictures/baseline.jpg"), folder.resolve("photo.png"));
        assertThat(decode(misnamed)).isEqualTo(decode(References.resource("pictures/baseline.jpg")));
    }

    @Test
    void greyOfJavaKeepsItsValues() {
        BufferedImage image = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        for (int value = 0; value < 256; value++) {
            image.getRaster().setSample(value, 0, 0, value);
        }
        Pixels pixels = new ImageDecoder().decode(Image.of(image));
        for (int value = 0; value < 256; value++) {
            assertThat(pixels.at(0, value, 2)).isEqualTo(value);
        }
    }

    @Test
    void everyKindOfJavaPictureGivesItsColours() {
        int[] kinds = {
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_INT_ARGB_PRE,
            BufferedImage.TYPE_INT_BGR,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_4BYTE_ABGR,
            BufferedImage.TYPE_4BYTE_ABGR_PRE
        };
        for (int kind : kinds) {
            BufferedImage image = new BufferedImage(2, 1, kind);
            image.setRGB(0, 0, 0xFF102030);
            image.setRGB(1, 0, 0xFFFE01C8);
            assertThat(BufferedImages.pixels(image).rgb())
                    .as("kind %d", kind)
                    .containsExactly(0x10, 0x20, 0x30, (byte) 0xFE, 1, (byte) 0xC8);
        }
    }

    private static Pixels decode(Path file) {
        return new ImageDecoder().decode(Image.of(file));
    }
}
