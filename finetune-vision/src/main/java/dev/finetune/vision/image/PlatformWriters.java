package dev.finetune.vision.image;

import java.io.IOException;
import java.util.Iterator;
import java.util.Locale;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageWriterSpi;

/** The encoders of the JDK, taken by name: which plug-ins an application has must not change what is written. */
final class PlatformWriters {
    private PlatformWriters() {}

    /** The JDK's encoder of a format: "png", "jpeg". */
    static ImageWriterSpi provider(String format) throws IOException {
        final Iterator<ImageWriterSpi> providers =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageWriterSpi.class, false);
        while (providers.hasNext()) {
            final ImageWriterSpi provider = providers.next();
            if (provider.getClass().getName().startsWith("com.sun.imageio.plugins." + format + ".")) {
                return provider;
            }
        }
        throw new IOException("this Java has no writer of " + format.toUpperCase(Locale.ROOT)
                + "; run with a JDK that has java.desktop");
    }
}
