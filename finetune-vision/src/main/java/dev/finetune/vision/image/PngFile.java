package dev.finetune.vision.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pictures as PNG with the JDK's own writer. */
public final class PngFile {
    private PngFile() {}

    /**
     * Writes a picture, instead of what the file held.
     *
     * @param image to be written
     * @param file made, or replaced
     * @throws IOException if writing fails
     */
    public static void write(BufferedImage image, Path file) throws IOException {
        ImageWriter writer = PlatformWriters.provider("png").createWriterInstance();
        try (OutputStream output = Files.newOutputStream(file);
                MemoryCacheImageOutputStream encoded = new MemoryCacheImageOutputStream(output)) {
            writer.setOutput(encoded);
            writer.write(image);
        } finally {
            writer.dispose();
        }
    }
}
