package dev.finetune.trackers;

import dev.finetune.metrics.ConfusionMatrix;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** A confusion matrix as a picture: rows are the truth, columns the predictions, the darker the larger a share of the row. */
final class ConfusionPicture {
    private static final int WHOLE = 400;
    private static final int SMALLEST_CELL = 8;

    private ConfusionPicture() {}

    /** Pixels a side. */
    static int size(ConfusionMatrix matrix) {
        return cell(matrix) * matrix.classes();
    }

    private static int cell(ConfusionMatrix matrix) {
        return Math.max(SMALLEST_CELL, WHOLE / matrix.classes());
    }

    static byte[] png(ConfusionMatrix matrix) {
        final int cell = cell(matrix);
        final int size = size(matrix);
        final BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        for (int truth = 0; truth < matrix.classes(); truth++) {
            final long support = Math.max(1, matrix.support(truth));
            for (int predicted = 0; predicted < matrix.classes(); predicted++) {
                final int colour = colour((double) matrix.count(truth, predicted) / support);
                for (int y = truth * cell; y < (truth + 1) * cell; y++) {
                    for (int x = predicted * cell; x < (predicted + 1) * cell; x++) {
                        image.setRGB(x, y, x % cell == 0 || y % cell == 0 ? 0xd0d0d0 : colour);
                    }
                }
            }
        }
        final ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", png);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return png.toByteArray();
    }

    /** From white to a dark blue. */
    private static int colour(double share) {
        final int red = (int) Math.round(255 - share * (255 - 8));
        final int green = (int) Math.round(255 - share * (255 - 48));
        final int blue = (int) Math.round(255 - share * (255 - 107));
        return red << 16 | green << 8 | blue;
    }
}
