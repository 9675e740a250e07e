package dev.finetune.vision.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageWriter;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageWriterSpi;
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
        ImageWriter writer = provider().createWriterInstance();
        try (OutputStream output = Files.newOutputStream(file);
                MemoryCacheImageOutputStream encoded = new MemoryCacheImageOutputStream(output)) {
            writer.setOutput(encoded);
            writer.write(image);
        } finally {
            writer.dispose();
        }
    }

    private static ImageWriterSpi provider() throws IOException {
        Iterator<ImageWriterSpi> providers =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageWriterSpi.class, false);
        while (providers.hasNext()) {
            ImageWriterSpi provider = providers.next();
            if (provider.getClass().getName().startsWith("com.sun.imageio.plugins.png.")) {
                return provider;
            }
        }
        throw new IOException("this Java has no PNG writer; run with a JDK that has java.desktop");
    }
}
