package dev.finetune.vision.image;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * The decoders of the JDK, and TwelveMonkeys' for WebP. They are taken by name, not searched on the class path: which
 * plug-ins an application has must not change what a model sees.
 */
enum PlatformReaders {
    JPEG("com.sun.imageio.plugins.jpeg."),
    PNG("com.sun.imageio.plugins.png."),
    GIF("com.sun.imageio.plugins.gif."),
    BMP("com.sun.imageio.plugins.bmp."),
    WEBP("");

    private final String classes;

    PlatformReaders(String classes) {
        this.classes = classes;
    }

    /** What is done with an open reader. */
    interface Use<T> {
        T with(ImageReader reader) throws IOException;
    }

    /** The stored samples of the first picture, without any change of colours. */
    Raster raster(byte[] encoded, List<String> warnings) throws BrokenImage {
        return use(encoded, warnings, reader -> reader.readRaster(0, null));
    }

    /** The first picture. */
    BufferedImage image(byte[] encoded, List<String> warnings) throws BrokenImage {
        return use(encoded, warnings, reader -> reader.read(0, null));
    }

    <T> T use(byte[] encoded, List<String> warnings, Use<T> use) throws BrokenImage {
        ImageReader reader = open();
        try (ImageInputStream input = input(encoded)) {
            IIOReadWarningListener listener = (source, warning) -> warnings.add(warning);
            reader.addIIOReadWarningListener(listener);
            reader.setInput(input, false, true);
            return use.with(reader);
        } catch (IOException | RuntimeException e) {
            throw new BrokenImage("its picture data is damaged or ended early (" + reason(e) + ")", e);
        } finally {
            reader.dispose();
        }
    }

    private ImageInputStream input(byte[] encoded) {
        return this == WEBP
                ? new EndingInput(encoded)
                : new MemoryCacheImageInputStream(new ByteArrayInputStream(encoded));
    }

    private static String reason(Exception e) {
        String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return e.getCause() == null || e.getCause().getMessage() == null
                ? message
                : message + ": " + e.getCause().getMessage();
    }

    private ImageReader open() throws BrokenImage {
        try {
            return provider().createReaderInstance();
        } catch (IOException e) {
            throw new BrokenImage("the decoder for " + this + " could not be started (" + e.getMessage() + ")", e);
        }
    }

    private ImageReaderSpi provider() throws BrokenImage {
        if (this == WEBP) {
            return new WebPImageReaderSpi();
        }
        Iterator<ImageReaderSpi> providers =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (providers.hasNext()) {
            ImageReaderSpi provider = providers.next();
            if (provider.getClass().getName().startsWith(classes)) {
                return provider;
            }
        }
        throw new BrokenImage("this Java has no decoder for " + this + "; run with a JDK that has java.desktop");
    }
}
