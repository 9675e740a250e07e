package dev.finetune.vision.augment;

import dev.finetune.error.FinetuneException;
import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/**
 * Cuts a square out of the resized picture at a random place, after adding a black margin all around (torchvision,
 * RandomCrop; He et al., 2016, train CIFAR nets on 32 pixels with a margin of 4).
 *
 * @param size the square's edge
 * @param padding the margin's width
 */
public record RandomCrop(int size, int padding) implements PixelAugmentation {
    /** Checks the size and the margin. */
    public RandomCrop {
        Checks.size("randomCrop", size);
        Checks.range("randomCrop", "padding", padding, 0, 1 << 20);
    }

    @Override
    public Entry entry() {
        return Entry.RESIZED;
    }

    @Override
    public Pixels apply(Pixels pixels, SplittableRandom random) {
        int free = pixels.height() + 2 * padding - size;
        int across = pixels.width() + 2 * padding - size;
        if (free < 0 || across < 0) {
            throw new FinetuneException("randomCrop(" + size + ", " + padding + ") does not fit into a picture of "
                    + pixels + ". Take a smaller size, a wider padding, or resize to more pixels first.");
        }
        int top = random.nextInt(free + 1) - padding;
        int left = random.nextInt(across + 1) - padding;
        return pixels.crop(top, left, size, size);
    }

    @Override
    public String toString() {
        return "randomCrop(" + size + ", padding " + padding + ")";
    }
}
