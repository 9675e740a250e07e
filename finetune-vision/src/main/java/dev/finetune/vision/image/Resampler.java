package dev.finetune.vision.image;

import dev.finetune.error.FinetuneException;
import java.util.Arrays;

/** Resizes 8-bit pictures with antialiasing, as {@link Arithmetic} says. */
public final class Resampler {
    private static final int CHANNELS = Pixels.CHANNELS;

    private Resampler() {}

    /**
     * {@return the picture in another size; the same object if it has that size already}
     *
     * @param pixels the picture, which stays as it is
     * @param height wanted, in pixels
     * @param width wanted, in pixels
     * @param interpolation the filter
     * @param arithmetic whether values are rounded between both passes
     * @throws FinetuneException if a size isn't positive
     */
    public static Pixels resize(
            Pixels pixels, int height, int width, Interpolation interpolation, Arithmetic arithmetic) {
        if (height < 1 || width < 1) {
            throw new FinetuneException("A picture can't be resized to " + width + " x " + height + " pixels.");
        }
        if (interpolation == Interpolation.NEAREST) {
            return nearest(pixels, height, width, arithmetic);
        }
        Pixels resized = pixels;
        if (width != pixels.width()) {
            resized = horizontal(resized, width, Weights.of(pixels.width(), width, interpolation, arithmetic));
        }
        if (height != pixels.height()) {
            resized = vertical(resized, height, Weights.of(pixels.height(), height, interpolation, arithmetic));
        }
        return resized;
    }

    private static Pixels nearest(Pixels pixels, int height, int width, Arithmetic arithmetic) {
        byte[] from = pixels.rgb();
        byte[] to = new byte[Math.multiplyExact(Math.multiplyExact(height, width), CHANNELS)];
        boolean pillow = arithmetic == Arithmetic.PILLOW;
        int[] rows = pillow ? places(pixels.height(), height) : exactPlaces(pixels.height(), height);
        int[] columns = pillow ? places(pixels.width(), width) : exactPlaces(pixels.width(), width);
        int at = 0;
        for (int row : rows) {
            for (int column : columns) {
                System.arraycopy(from, (row * pixels.width() + column) * CHANNELS, to, at, CHANNELS);
                at += CHANNELS;
            }
        }
        return new Pixels(to, height, width);
    }

    /** Where each output comes from; steps are added up, as Pillow does it, since that decides ties. */
    private static int[] places(int in, int out) {
        int[] places = new int[out];
        double step = (double) in / out;
        double place = step * 0.5;
        for (int i = 0; i < out; i++) {
            places[i] = Math.min(in - 1, (int) place);
            place += step;
        }
        return places;
    }

    /** The same as PyTorch's "nearest-exact" has it (UpSampleKernel.cpp), in single precision, which decides ties otherwise. */
    private static int[] exactPlaces(int in, int out) {
        int[] places = new int[out];
        float step = (float) in / out;
        for (int i = 0; i < out; i++) {
            places[i] = Math.min(in - 1, (int) (step * (i + 0.5f)));
        }
        return places;
    }

    private static Pixels horizontal(Pixels pixels, int width, Weights weights) {
        byte[] from = pixels.rgb();
        byte[] to = new byte[Math.multiplyExact(Math.multiplyExact(pixels.height(), width), CHANNELS)];
        int half = 1 << weights.precision() - 1;
        int at = 0;
        for (int row = 0; row < pixels.height(); row++) {
            int line = row * pixels.width() * CHANNELS;
            for (int column = 0; column < width; column++) {
                int red = half;
                int green = half;
                int blue = half;
                int source = line + weights.starts()[column] * CHANNELS;
                int first = column * weights.stride();
                for (int j = first; j < first + weights.sizes()[column]; j++) {
                    int weight = weights.weights()[j];
                    red += (from[source] & 0xFF) * weight;
                    green += (from[source + 1] & 0xFF) * weight;
                    blue += (from[source + 2] & 0xFF) * weight;
                    source += CHANNELS;
                }
                to[at] = clip(red >> weights.precision());
                to[at + 1] = clip(green >> weights.precision());
                to[at + 2] = clip(blue >> weights.precision());
                at += CHANNELS;
            }
        }
        return new Pixels(to, pixels.height(), width);
    }

    private static Pixels vertical(Pixels pixels, int height, Weights weights) {
        byte[] from = pixels.rgb();
        int line = pixels.width() * CHANNELS;
        byte[] to = new byte[Math.multiplyExact(height, line)];
        int half = 1 << weights.precision() - 1;
        int[] sums = new int[line];
        for (int row = 0; row < height; row++) {
            Arrays.fill(sums, half);
            int first = row * weights.stride();
            for (int j = 0; j < weights.sizes()[row]; j++) {
                int weight = weights.weights()[first + j];
                int source = (weights.starts()[row] + j) * line;
                for (int i = 0; i < line; i++) {
                    sums[i] += (from[source + i] & 0xFF) * weight;
                }
            }
            for (int i = 0; i < line; i++) {
                to[row * line + i] = clip(sums[i] >> weights.precision());
            }
        }
        return new Pixels(to, height, pixels.width());
    }

    private static byte clip(int value) {
        return (byte) (value < 0 ? 0 : Math.min(value, 255));
    }
}
