package dev.finetune.vision.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Small pictures as JPEG, for people to look at. */
final class JpegBytes {
    private JpegBytes() {}

    /** A picture made so small that neither side is longer than so many pixels, encoded. */
    static byte[] of(Pixels pixels, int side) throws IOException {
        final double scale = Math.min(1, (double) side / Math.max(pixels.height(), pixels.width()));
        final BufferedImage image = BufferedImages.of(Resampler.resize(
                pixels,
                (int) Math.max(1, Math.round(pixels.height() * scale)),
                (int) Math.max(1, Math.round(pixels.width() * scale)),
                Interpolation.BILINEAR,
                Arithmetic.PILLOW));
        final ImageWriter writer = PlatformWriters.provider("jpeg").createWriterInstance();
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream encoded = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(encoded);
            writer.write(image);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
