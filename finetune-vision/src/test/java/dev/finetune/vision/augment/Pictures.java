package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/** Pictures drawn for tests. */
public final class Pictures {
    private Pictures() {}

    /** Each value drawn on its own. */
    public static Pixels noise(SplittableRandom random, int height, int width) {
        byte[] rgb = new byte[height * width * 3];
        random.nextBytes(rgb);
        return new Pixels(rgb, height, width);
    }
}
