package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/**
 * Turns a picture around its middle by an angle drawn evenly from minus to plus {@code degrees}; what comes in from
 * outside is black (torchvision, RandomRotation with nearest pixels and no expansion).
 *
 * @param degrees the largest angle, 0 to 180
 */
public record Rotation(double degrees) implements PixelAugmentation {
    /** Checks the angle. */
    public Rotation {
        Checks.range("rotation", "angle", degrees, 0, 180);
    }

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        return Warp.rotate(pixels, degrees * (2 * random.nextDouble() - 1));
    }

    @Override
    public String toString() {
        return "rotation(" + degrees + ")";
    }
}
