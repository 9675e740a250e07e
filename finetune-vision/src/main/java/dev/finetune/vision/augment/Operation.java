package dev.finetune.vision.augment;

import dev.finetune.vision.image.Pixels;
import java.util.SplittableRandom;

/** The operations that RandAugment and TrivialAugment draw from, with the strengths that torchvision gives them. */
enum Operation {
    IDENTITY(false),
    SHEAR_X(true),
    SHEAR_Y(true),
    TRANSLATE_X(true),
    TRANSLATE_Y(true),
    ROTATE(true),
    BRIGHTNESS(true),
    COLOR(true),
    CONTRAST(true),
    SHARPNESS(true),
    POSTERIZE(false),
    SOLARIZE(false),
    AUTO_CONTRAST(false),
    EQUALIZE(false);

    private static final double TRANSLATED_SHARE = 150.0 / 331;

    private final boolean signed;

    Operation(boolean signed) {
        this.signed = signed;
    }

    /** How strong the strongest of each kind is. */
    enum Space {
        /** RandAugment's. */
        USUAL(0.3, 30, 0.9, 4) {
            @Override
            int translation(double share, int size) {
                return (int) (share * TRANSLATED_SHARE * size);
            }
        },
        /** TrivialAugment's, "wide". */
        WIDE(0.99, 135, 0.99, 6) {
            @Override
            int translation(double share, int size) {
                return (int) (share * 32);
            }
        };

        private final double shear;
        private final double angle;
        private final double colour;
        private final int bitsLost;

        Space(double shear, double angle, double colour, int bitsLost) {
            this.shear = shear;
            this.angle = angle;
            this.colour = colour;
            this.bitsLost = bitsLost;
        }

        abstract int translation(double share, int size);
    }

    static Operation draw(SplittableRandom random) {
        return values()[random.nextInt(values().length)];
    }

    /**
     * Applies it.
     *
     * @param share how strong, 0 to 1 of the strongest; the direction is drawn
     */
    Pixels apply(Pixels pixels, Space space, double share, SplittableRandom random) {
        double strength = signed && random.nextBoolean() ? -share : share;
        return switch (this) {
            case IDENTITY -> pixels;
            case SHEAR_X -> Warp.shearX(pixels, strength * space.shear);
            case SHEAR_Y -> Warp.shearY(pixels, strength * space.shear);
            case TRANSLATE_X -> Warp.translate(pixels, space.translation(strength, pixels.width()), 0);
            case TRANSLATE_Y -> Warp.translate(pixels, 0, space.translation(strength, pixels.height()));
            case ROTATE -> Warp.rotate(pixels, strength * space.angle);
            case BRIGHTNESS -> Colours.brightness(pixels, 1 + strength * space.colour);
            case COLOR -> Colours.saturation(pixels, 1 + strength * space.colour);
            case CONTRAST -> Colours.contrast(pixels, 1 + strength * space.colour);
            case SHARPNESS -> Colours.sharpness(pixels, 1 + strength * space.colour);
            case POSTERIZE -> Colours.posterize(pixels, 8 - (int) Math.rint(share * space.bitsLost));
            case SOLARIZE -> Colours.solarize(pixels, 255 * (1 - share));
            case AUTO_CONTRAST -> Colours.autoContrast(pixels);
            case EQUALIZE -> Colours.equalize(pixels);
        };
    }
}
