package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ResamplerTest {
    private static final int CASES = 5;

    @ParameterizedTest
    @EnumSource(Interpolation.class)
    void picturesAreResizedToTheBitAsPillowDoesIt(Interpolation interpolation) {
        try (Weights weights = Weights.open(References.resource("golden-pixels/resized.safetensors"))) {
            for (int i = 0; i < CASES; i++) {
                Pixels in = References.pixels(weights, i + ".in");
                Pixels expected = References.pixels(weights, i + ".pillow." + interpolation.timmName());
                Pixels found =
                        Resampler.resize(in, expected.height(), expected.width(), interpolation, Arithmetic.PILLOW);
                assertThat(References.furthest(found, expected))
                        .as("case %d", i)
                        .isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Interpolation.class,
            names = {"BILINEAR", "BICUBIC"})
    void picturesAreResizedToTheBitAsPyTorchDoesIt(Interpolation interpolation) {
        try (Weights weights = Weights.open(References.resource("golden-pixels/resized.safetensors"))) {
            for (int i = 0; i < CASES; i++) {
                Pixels in = References.pixels(weights, i + ".in");
                Pixels expected = References.pixels(weights, i + ".tensor." + interpolation.timmName());
                Pixels found =
                        Resampler.resize(in, expected.height(), expected.width(), interpolation, Arithmetic.TENSOR);
                assertThat(References.furthest(found, expected))
                        .as("case %d", i)
                        .isZero();
            }
        }
    }

    /** The 4th of 7 pixels comes from the very middle between 2: 0.5 * 2 / 7 + 3 * 2 / 7 is 1, or less by a rounding. */
    @Test
    void tiesOfTheNearestPixelAreDecidedAsEachReferenceDecidesThem() {
        Pixels in = Pixels.ofGrey(new byte[] {0, 1}, 1, 2);
        assertThat(Resampler.resize(in, 1, 7, Interpolation.NEAREST, Arithmetic.PILLOW))
                .isEqualTo(Pixels.ofGrey(new byte[] {0, 0, 0, 0, 1, 1, 1}, 1, 7));
        assertThat(Resampler.resize(in, 1, 7, Interpolation.NEAREST, Arithmetic.TENSOR))
                .isEqualTo(Pixels.ofGrey(new byte[] {0, 0, 0, 1, 1, 1, 1}, 1, 7));
    }

    @Test
    void aPictureOfOneColourKeepsItInEverySizeAndFilter() {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 200; i++) {
            byte value = (byte) random.nextInt(256);
            int height = random.nextInt(1, 40);
            int width = random.nextInt(1, 40);
            byte[] rgb = new byte[height * width * 3];
            Arrays.fill(rgb, value);
            Pixels resized = Resampler.resize(
                    new Pixels(rgb, height, width),
                    random.nextInt(1, 60),
                    random.nextInt(1, 60),
                    List.of(Interpolation.values()).get(random.nextInt(Interpolation.values().length)),
                    List.of(Arithmetic.values()).get(random.nextInt(2)));
            for (byte found : resized.rgb()) {
                assertThat((found & 0xFF) - (value & 0xFF)).isBetween(-1, 1);
            }
        }
    }

    @Test
    void theTwoRoundingsDifferByTwoStepsAtMostEvenInNoise() {
        SplittableRandom random = new SplittableRandom(12);
        for (Interpolation interpolation : List.of(Interpolation.BILINEAR, Interpolation.BICUBIC)) {
            for (int i = 0; i < 50; i++) {
                int height = random.nextInt(1, 80);
                int width = random.nextInt(1, 80);
                byte[] rgb = new byte[height * width * 3];
                random.nextBytes(rgb);
                Pixels in = new Pixels(rgb, height, width);
                int newHeight = random.nextInt(1, 80);
                int newWidth = random.nextInt(1, 80);
                Pixels pillow = Resampler.resize(in, newHeight, newWidth, interpolation, Arithmetic.PILLOW);
                Pixels tensor = Resampler.resize(in, newHeight, newWidth, interpolation, Arithmetic.TENSOR);
                assertThat(References.furthest(pillow, tensor)).isLessThanOrEqualTo(2);
            }
        }
    }

    @Test
    void aPictureOfTheWantedSizeStaysTheSame() {
        Pixels in = new Pixels(new byte[12], 2, 2);
        assertThat(Resampler.resize(in, 2, 2, Interpolation.BICUBIC, Arithmetic.TENSOR))
                .isSameAs(in);
    }

    @Test
    void aSizeOfNothingIsRefused() {
        assertThatThrownBy(() ->
                        Resampler.resize(new Pixels(new byte[3], 1, 1), 0, 5, Interpolation.BICUBIC, Arithmetic.TENSOR))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("5 x 0");
    }
}
