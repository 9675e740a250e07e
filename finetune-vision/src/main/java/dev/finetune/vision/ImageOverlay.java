package dev.finetune.vision;

import dev.finetune.FineTuned;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.explain.ActivationMap;
import dev.finetune.vision.image.BufferedImages;
import dev.finetune.vision.image.ImageEncoder;
import dev.finetune.vision.image.Pixels;
import dev.finetune.vision.image.PngFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A picture, as a network saw it, with an activation map over it: the warmer a place, the more it spoke for the output. A line
 * surrounds what reaches half of the largest value, so that the map reads without colours, too. Small pictures are enlarged without
 * smoothing.
 *
 * <pre>{@code
 * ActivationMap map = tuned.explain(picture, Explain.gradCam());
 * ImageOverlay.of(tuned, picture, map).write(Path.of("why.png"));
 * }</pre>
 *
 * @param picture resized and cropped as the network read it
 * @param map of any size
 */
public record ImageOverlay(Pixels picture, ActivationMap map) {
    private static final int SMALLEST = 224;
    private static final double MOST = 0.55;
    private static final double HALF = 0.5;

    /** Checks that both are there. */
    public ImageOverlay {
        Objects.requireNonNull(picture, "picture");
        Objects.requireNonNull(map, "map");
    }

    /**
     * {@return a map over the picture that was explained}
     *
     * @param model that read the picture
     * @param image what was explained
     * @param map what came of it
     * @throws FinetuneException if the picture can't be read, or the model isn't one of this module's
     */
    public static ImageOverlay of(FineTuned<Image> model, Image image, ActivationMap map) {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(image, "image");
        Objects.requireNonNull(map, "map");
        if (!(model.assembly().encoder() instanceof ImageEncoder encoder)) {
            throw new FinetuneException("The model's pictures are read by "
                    + model.assembly().encoder().getClass().getName() + ", which doesn't say how they were prepared; an"
                    + " overlay can be made of pixels: new ImageOverlay(pixels, map).");
        }
        final HostBatch batch = encoder.collate(
                encoder.encode(List.of(new Example<>(image, Label.none()))), CollateContext.predicting());
        final HostTensor.Floats values =
                (HostTensor.Floats) Objects.requireNonNull(batch.columns().get("pixel_values"));
        return new ImageOverlay(
                ImageSheet.tiles(values, encoder.preprocessing(), List.of(""))
                        .get(0)
                        .pixels(),
                map);
    }

    /** {@return the picture with the map over it; at least 224 pixels on its shorter edge} */
    public Pixels pixels() {
        final int scale = scale();
        final int height = picture.height() * scale;
        final int width = picture.width() * scale;
        final ActivationMap large = map.resized(height, width);
        final float largest = large.largest();
        final byte[] rgb = new byte[Math.multiplyExact(Math.multiplyExact(height, width), Pixels.CHANNELS)];
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                final double heat = largest == 0 ? 0 : large.at(row, column) / largest;
                final boolean onLine = heat >= HALF && isEdge(large, row, column, HALF * largest);
                for (int channel = 0; channel < Pixels.CHANNELS; channel++) {
                    final int below = picture.at(row / scale, column / scale, channel);
                    final double mixed = below + MOST * heat * (colour(heat, channel) - below);
                    rgb[(row * width + column) * Pixels.CHANNELS + channel] =
                            (byte) (onLine ? 255 : (int) Math.round(mixed));
                }
            }
        }
        return new Pixels(rgb, height, width);
    }

    private int scale() {
        final int shorter = Math.min(picture.height(), picture.width());
        return Math.max(1, (SMALLEST + shorter - 1) / shorter);
    }

    /** Whether a place that reaches a value has a neighbour that doesn't. */
    private static boolean isEdge(ActivationMap map, int row, int column, double value) {
        return row > 0 && map.at(row - 1, column) < value
                || row + 1 < map.height() && map.at(row + 1, column) < value
                || column > 0 && map.at(row, column - 1) < value
                || column + 1 < map.width() && map.at(row, column + 1) < value;
    }

    /** From yellow to red: 255, 220 down to 0, 0. */
    private static double colour(double heat, int channel) {
        return switch (channel) {
            case 0 -> 255;
            case 1 -> 220 * (1 - heat);
            default -> 0;
        };
    }

    /**
     * Writes it as PNG.
     *
     * @param file made, or replaced
     * @throws FinetuneException if it can't be written
     */
    public void write(Path file) {
        Objects.requireNonNull(file, "file");
        try {
            PngFile.write(BufferedImages.of(pixels()), file);
        } catch (IOException e) {
            throw new FinetuneException(file + " could not be written: " + e, e);
        }
    }
}
