package dev.finetune.vision.augment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.checkpoint.Weights;
import dev.finetune.vision.image.Pixels;
import dev.finetune.vision.image.References;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The single operations, against Pillow's and against their formulas. */
final class OperationsTest {
    @Test
    void whatPillowDoesInTheSameWayIsEqualToTheBit() {
        assertThat(furthest("equalize", Colours::equalize)).isZero();
        assertThat(furthest("posterize", in -> Colours.posterize(in, 3))).isZero();
        assertThat(furthest("solarize", in -> Colours.solarize(in, 100))).isZero();
    }

    @Test
    void contrastIsStretchedAsPillowDoesItToOneStep() {
        assertThat(furthest("autocontrast", Colours::autoContrast)).isLessThanOrEqualTo(1);
    }

    @Test
    void warpsTakeThePixelsThatPillowTakesButForTies() {
        assertThat(share("rotate", in -> Warp.rotate(in, 30))).isGreaterThan(0.99);
        assertThat(share("shear", in -> Warp.shearX(in, 0.3))).isGreaterThan(0.99);
    }

    @Test
    void aFactorOfOneChangesNothing() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 30; i++) {
            Pixels in = Pictures.noise(random, 1 + random.nextInt(20), 1 + random.nextInt(20));
            assertThat(Colours.brightness(in, 1)).isEqualTo(in);
            assertThat(Colours.contrast(in, 1)).isEqualTo(in);
            assertThat(Colours.saturation(in, 1)).isEqualTo(in);
            assertThat(Colours.sharpness(in, 1)).isEqualTo(in);
            assertThat(Colours.hue(in, 0)).isEqualTo(in);
            assertThat(Colours.posterize(in, 8)).isEqualTo(in);
            assertThat(Colours.solarize(in, 256)).isEqualTo(in);
            assertThat(Warp.rotate(in, 0)).isEqualTo(in);
            assertThat(Warp.translate(in, 0, 0)).isEqualTo(in);
        }
    }

    @Test
    void aFactorOfZeroIsBlackGreyOrWithoutColour() {
        Pixels in = Pictures.noise(new SplittableRandom(2), 9, 7);
        assertThat(Colours.brightness(in, 0).rgb()).containsOnly(0);
        byte[] flat = Colours.contrast(in, 0).rgb();
        assertThat(flat).containsOnly(flat[0]);
        Pixels grey = Colours.saturation(in, 0);
        for (int at = 0; at < grey.rgb().length; at += 3) {
            assertThat(grey.rgb()[at]).isEqualTo(grey.rgb()[at + 1]).isEqualTo(grey.rgb()[at + 2]);
        }
    }

    @Test
    void colourAndGreyAreAddedWithOneRoundingAsPyTorchAddsThem() {
        Pixels in = new Pixels(new byte[] {19, (byte) 244, 97}, 1, 1);
        assertThat(Colours.saturation(in, 0.3).rgb()).containsExactly(117, (byte) 184, (byte) 140);
    }

    @Test
    void aThirdOfTheCircleTurnsRedIntoGreenAndGreenIntoBlue() {
        Pixels red = new Pixels(new byte[] {(byte) 255, 0, 0}, 1, 1);
        Pixels green = Colours.hue(red, 1 / 3.0);
        assertThat(green.rgb()).containsExactly(0, (byte) 255, 0);
        assertThat(Colours.hue(green, 1 / 3.0).rgb()).containsExactly(0, 0, (byte) 255);
        assertThat(Colours.hue(red, -1 / 3.0).rgb()).containsExactly(0, 0, (byte) 255);
    }

    @Test
    void hueTurnedThereAndBackIsNearlyTheSame() {
        Pixels in = Pictures.noise(new SplittableRandom(3), 20, 20);
        Pixels back = Colours.hue(Colours.hue(in, 0.2), -0.2);
        for (int i = 0; i < in.rgb().length; i++) {
            assertThat((in.rgb()[i] & 0xFF) - (back.rgb()[i] & 0xFF)).isBetween(-3, 3);
        }
    }

    @Test
    void aTurnByNinetyDegreesIsCounterClockwise() {
        Pixels in = Pixels.ofGrey(new byte[] {1, 2, 3, 4}, 2, 2);
        assertThat(Warp.rotate(in, 90)).isEqualTo(Pixels.ofGrey(new byte[] {2, 4, 1, 3}, 2, 2));
    }

    @Test
    void aMovedPictureIsBlackWhereNothingComesFrom() {
        Pixels in = Pixels.ofGrey(new byte[] {1, 2, 3, 4}, 2, 2);
        assertThat(Warp.translate(in, 1, 0)).isEqualTo(Pixels.ofGrey(new byte[] {0, 1, 0, 3}, 2, 2));
        assertThat(Warp.translate(in, 0, -1)).isEqualTo(Pixels.ofGrey(new byte[] {3, 4, 0, 0}, 2, 2));
    }

    private static int furthest(String name, Function<Pixels, Pixels> operation) {
        int furthest = 0;
        byte[][] both = both(name, operation);
        for (int i = 0; i < both[0].length; i++) {
            furthest = Math.max(furthest, Math.abs((both[0][i] & 0xFF) - (both[1][i] & 0xFF)));
        }
        return furthest;
    }

    private static double share(String name, Function<Pixels, Pixels> operation) {
        byte[][] both = both(name, operation);
        int equal = 0;
        for (int i = 0; i < both[0].length; i++) {
            equal += both[0][i] == both[1][i] ? 1 : 0;
        }
        return (double) equal / both[0].length;
    }

    private static byte[][] both(String name, Function<Pixels, Pixels> operation) {
        try (Weights weights = Weights.open(References.resource("golden-pixels/operations.safetensors"))) {
            Pixels in = References.pixels(weights, "in");
            return new byte[][] {
                operation.apply(in).rgb(), References.pixels(weights, name).rgb()
            };
        }
    }
}
