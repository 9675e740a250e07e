package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Pipe;
import dev.finetune.vision.Image;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong with a picture, it is named and told, and nothing else than our own exception comes out. */
final class BrokenPicturesTest {
    private static final ImageDecoder DECODER = new ImageDecoder();

    @Test
    @DisabledOnOs(OS.WINDOWS)
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aPipeOrADeviceIsNoPicture(@TempDir Path folder) throws IOException {
        for (Image image : List.of(Image.of(Path.of("/dev/zero")), Image.of(Pipe.make(folder.resolve("pipe.png"))))) {
            assertThatThrownBy(() -> DECODER.decode(image))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("it is a pipe, a device or a socket");
            assertThatThrownBy(() -> DECODER.probe(image))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("it is a pipe, a device or a socket");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "baseline.jpg",
                "progressive.jpg",
                "cmyk.jpg",
                "grey.jpg",
                "alpha.png",
                "palette.png",
                "still.gif",
                "still.bmp",
                "palette.bmp",
                "lossy.webp",
                "lossless.webp",
                "animated.webp"
            })
    void aTruncatedPictureIsAnErrorWhereverItEnds(String name) throws IOException {
        byte[] whole = Files.readAllBytes(References.resource("pictures/" + name));
        for (int i = 1; i < 12; i++) {
            int length = whole.length * i / 12;
            assertThatThrownBy(() -> DECODER.decode(Image.of(Arrays.copyOf(whole, length), name)))
                    .as("%d of %d bytes", length, whole.length)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining(name)
                    .hasMessageContaining("early");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // GIF, WebP (lossless) and BMP whose headers tell of 9,000 pixels a side; a BMP with a PNG inside; one
                // with 2^30
                // colours.
                "474946383961282328230000002c000000002823282300020000",
                "52494646" + "1a000000" + "57454250" + "5650384c" + "0d000000" + "2f27e3c908" + "1111111111111111"
                        + "00",
                "424d4b00000000000000360000002800000028230000282300000100010001000000000000000000000000000000000000000000"
                        + "00000000000000",
                "424d4b0000000000000036000000280000000100000001000000010018000500000000000000000000000000000000000000000000"
                        + "000000",
                "424d4b00000000000000360000002800000001000000010000000100080000000000000000000000000000000000000000400000000000"
                        + "0000"
            })
    void aHeaderThatTellsOfMoreThanTheFileCanHoldIsRefusedAtOnce(String hex) {
        assertThatThrownBy(
                        () -> DECODER.decode(Image.of(java.util.HexFormat.of().parseHex(hex), "small")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("small");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "baseline.jpg",
                "progressive.jpg",
                "alpha.png",
                "still.gif",
                "still.bmp",
                "lossy.webp",
                "alpha.webp"
            })
    void damagedBytesNeverBringAnythingButTheLibrarysOwnException(String name) throws IOException {
        byte[] whole = Files.readAllBytes(References.resource("pictures/" + name));
        ImageDecoder careful = new ImageDecoder(ImageLimits.DEFAULT.withMaxPixels(1_000_000));
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 150; i++) {
            byte[] damaged = whole.clone();
            for (int j = 0; j <= i / 30; j++) {
                damaged[4 + random.nextInt(whole.length - 4)] = (byte) random.nextInt(256);
            }
            try {
                assertThat(careful.decode(Image.of(damaged, name))).isNotNull();
            } catch (FinetuneException e) {
                assertThat(e).hasMessageContaining(name);
            }
        }
    }

    @Test
    void anEmptyFileIsNamed(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("nothing.jpg"));
        assertThatThrownBy(() -> DECODER.decode(Image.of(file)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("nothing.jpg")
                .hasMessageContaining("empty");
    }

    @Test
    void aTextFileIsToldByItsFirstWords(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("page.jpg"), "<!DOCTYPE html><html>");
        assertThatThrownBy(() -> DECODER.decode(Image.of(file)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("page.jpg")
                .hasMessageContaining("starts with \"<!DOCTYPE ht\"")
                .hasMessageContaining("JPEG, PNG, GIF, BMP and WebP");
    }

    @Test
    void aTiffIsCalledByItsName() {
        byte[] tiff = {'I', 'I', 42, 0, 8, 0, 0, 0};
        assertThatThrownBy(() -> DECODER.decode(Image.of(tiff, "scan")))
                .hasMessageContaining("scan")
                .hasMessageContaining("a TIFF file");
    }

    @Test
    void aMissingFileIsNamedWithItsWholePath(@TempDir Path folder) {
        Path file = folder.resolve("gone.png");
        assertThatThrownBy(() -> DECODER.decode(Image.of(file)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no such file")
                .hasMessageContaining(file.toAbsolutePath().toString());
        assertThatThrownBy(() -> DECODER.probe(Image.of(file))).isInstanceOf(FinetuneException.class);
    }

    @Test
    void aDirectoryIsNoPicture(@TempDir Path folder) {
        assertThatThrownBy(() -> DECODER.decode(Image.of(folder)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("directory");
    }

    @Test
    void aPngBombIsRefusedByItsHeader() {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        chunk(
                png,
                "IHDR",
                ByteBuffer.allocate(13)
                        .putInt(60_000)
                        .putInt(60_000)
                        .put((byte) 8)
                        .put((byte) 2)
                        .array());
        chunk(png, "IDAT", new byte[10]);
        chunk(png, "IEND", new byte[0]);
        refusesAsTooLarge(png.toByteArray(), "60000 x 60000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "baseline.jpg",
                "alpha.png",
                "still.gif",
                "still.bmp",
                "lossy.webp",
                "lossless.webp",
                "animated.webp"
            })
    void everyFormatObeysTheLimit(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(References.resource("pictures/" + name));
        ImageDecoder strict = new ImageDecoder(ImageLimits.DEFAULT.withMaxPixels(53 * 37 - 1));
        assertThatThrownBy(() -> strict.decode(Image.of(bytes, name)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("53 x 37")
                .hasMessageContaining("maxPixels");
        ImageDecoder enough = new ImageDecoder(ImageLimits.DEFAULT.withMaxPixels(53 * 37));
        assertThat(enough.decode(Image.of(bytes, name)).width()).isEqualTo(53);
    }

    /** 2,000 x 1,000 of one colour, whose pixels take no bits: each was an exception within the decoder. */
    @Test
    void aPlainSurfaceOfFewBytesIsRead() {
        byte[] plain = Base64.getDecoder()
                .decode(
                        "UklGRngAAABXRUJQVlA4TGwAAAAvz8f5AAdQsiJXpv8BIUHi//NGIvqf8Z///Oc///nPf/7zn//85z//+c9//vOf//znP//5z3/+85///Oc///nPf/7zn//85z//+c9//vOf//znP//5z3/+85///Oc///nPf/7zn//85z//XwA=");
        Pixels pixels = DECODER.decode(Image.of(plain, "plain.webp"));
        assertThat(pixels).isEqualTo(new Pixels(filled(pixels.rgb().length), 1000, 2000));
    }

    private static byte[] filled(int length) {
        byte[] rgb = new byte[length];
        for (int i = 0; i < length; i += 3) {
            rgb[i] = (byte) 200;
            rgb[i + 1] = 100;
            rgb[i + 2] = 50;
        }
        return rgb;
    }

    /** The decoder would go on with bits that it has read already. */
    @ParameterizedTest
    @ValueSource(ints = {20, 40, 400})
    void aLosslessWebpWhoseBitsEndEarlyIsAnErrorThoughItsLengthsAgree(int missing) throws IOException {
        byte[] whole = Files.readAllBytes(References.resource("pictures/lossless.webp"));
        byte[] most = Arrays.copyOf(whole, whole.length - missing);
        ByteBuffer header = ByteBuffer.wrap(most).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(4, most.length - 8);
        header.putInt(16, most.length - 20);
        assertThatThrownBy(() -> DECODER.decode(Image.of(most, "most.webp")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("most.webp")
                .hasMessageContaining("end before the picture is complete");
    }

    @Test
    void aJpegBombIsRefusedByItsHeader() throws IOException {
        byte[] bytes = Files.readAllBytes(References.resource("pictures/baseline.jpg"));
        for (int i = 0; i + 9 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xFF && bytes[i + 1] == (byte) 0xC0) {
                Arrays.fill(bytes, i + 5, i + 9, (byte) 0xFF);
            }
        }
        refusesAsTooLarge(bytes, "65535 x 65535");
    }

    @Test
    void aFileThatIsTooLongIsNotRead(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("long.png"), new byte[2000]);
        ImageDecoder strict = new ImageDecoder(new ImageLimits(1000, 1000));
        assertThatThrownBy(() -> strict.decode(Image.of(file)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("2000 bytes");
    }

    @Test
    void aWrongCheckSumIsFound() throws IOException {
        byte[] bytes = Files.readAllBytes(References.resource("pictures/alpha.png"));
        bytes[bytes.length / 2] ^= 1;
        assertThatThrownBy(() -> DECODER.decode(Image.of(bytes, "alpha")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("check sum");
    }

    @Test
    void anArithmeticCodedJpegIsRefusedByThatName() throws IOException {
        byte[] bytes = Files.readAllBytes(References.resource("pictures/baseline.jpg"));
        for (int i = 0; i + 1 < bytes.length; i++) {
            if (bytes[i] == (byte) 0xFF && bytes[i + 1] == (byte) 0xC0) {
                bytes[i + 1] = (byte) 0xC9;
            }
        }
        assertThatThrownBy(() -> DECODER.decode(Image.of(bytes, "odd"))).hasMessageContaining("arithmetic coding");
    }

    @Test
    void numbersAreNoPicture() {
        assertThatThrownBy(() -> DECODER.decode(Image.pixels(new float[12], 3, 2, 2)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("normalised numbers");
    }

    private static void refusesAsTooLarge(byte[] bytes, String size) {
        assertThatThrownBy(() -> DECODER.decode(Image.of(bytes, "bomb")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("bomb")
                .hasMessageContaining(size)
                .hasMessageContaining("89478485");
    }

    private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
        byte[] named = new byte[data.length + 4];
        System.arraycopy(type.getBytes(StandardCharsets.ISO_8859_1), 0, named, 0, 4);
        System.arraycopy(data, 0, named, 4, data.length);
        CRC32 sum = new CRC32();
        sum.update(named);
        png.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
        png.writeBytes(named);
        png.writeBytes(ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }
}
