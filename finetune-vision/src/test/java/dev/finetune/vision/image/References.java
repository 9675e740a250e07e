package dev.finetune.vision.image;

import dev.finetune.checkpoint.Weights;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** What Pillow and PyTorch made of pictures, from the test resources. */
public final class References {
    private References() {}

    /** A file or folder of the test resources. */
    public static Path resource(String name) {
        try {
            URL url = Objects.requireNonNull(References.class.getClassLoader().getResource(name), name);
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<Path> files(Path folder, String ending) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A picture [height, width, 3]. */
    public static Pixels pixels(Weights weights, String name) {
        long[] shape = weights.describe(name).shape();
        float[] values = floats(weights, name);
        byte[] rgb = new byte[values.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (int) values[i];
        }
        return new Pixels(rgb, (int) shape[0], (int) shape[1]);
    }

    static float[] floats(Weights weights, String name) {
        try (PointerScope scope = new PointerScope();
                Tensor tensor = weights.read(name)) {
            return Tensors.floats(tensor);
        }
    }

    /** The largest difference of two pictures of one size. */
    static int furthest(Pixels one, Pixels other) {
        int furthest = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            furthest = Math.max(furthest, Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF)));
        }
        return furthest;
    }

    static double meanDistance(Pixels one, Pixels other) {
        double sum = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            sum += Math.abs((one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF));
        }
        return sum / one.rgb().length;
    }
}
