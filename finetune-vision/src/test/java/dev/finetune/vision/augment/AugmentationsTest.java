package dev.finetune.vision.augment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Augmentation;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Augment;
import dev.finetune.vision.Image;
import dev.finetune.vision.augment.BatchAugmentation.MixedBatch;
import dev.finetune.vision.image.Pixels;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class AugmentationsTest {
    private static final List<Augmentation> ALL = List.of(
            Augment.randomResizedCrop(12),
            Augment.horizontalFlip(),
            Augment.verticalFlip(),
            Augment.colorJitter(0.4, 0.4, 0.4, 0.1),
            Augment.rotation(15),
            Augment.randAugment(),
            Augment.trivialAugment(),
            Augment.randomErasing(0.5),
            Augment.randomCrop(12, 4),
            Augment.mixup(0.2),
            Augment.cutMix(1));

    @Test
    void allAreAugmentationsOfImagesThatSayWhatTheyDo() {
        assertThat(ALL).allSatisfy(augmentation -> {
            assertThat(augmentation.inputType()).isEqualTo(Image.class);
            assertThat(augmentation.toString()).endsWith(")").doesNotContain("[");
        });
        assertThat(ALL.get(0))
                .hasToString("randomResizedCrop(12 x 12, scale 0.08 to 1.00, ratio 0.75 to 1.33, bilinear)");
    }

    @Test
    void equalSeedsGiveEqualPicturesAndTheInputStaysAsItWas() {
        Pixels in = Pictures.noise(new SplittableRandom(4), 30, 25);
        byte[] before = in.rgb().clone();
        for (Augmentation augmentation : ALL) {
            if (augmentation instanceof PixelAugmentation change) {
                for (int seed = 0; seed < 50; seed++) {
                    assertThat(change.apply(in, new SplittableRandom(seed)))
                            .isEqualTo(change.apply(in, new SplittableRandom(seed)));
                }
            }
        }
        assertThat(in.rgb()).isEqualTo(before);
    }

    @Test
    void otherSeedsGiveOtherPictures() {
        Pixels in = Pictures.noise(new SplittableRandom(4), 30, 25);
        for (Augmentation augmentation : ALL) {
            if (augmentation instanceof PixelAugmentation change) {
                Set<Pixels> seen = new HashSet<>();
                for (int seed = 0; seed < 40; seed++) {
                    seen.add(change.apply(in, new SplittableRandom(seed)));
                }
                assertThat(seen).as("%s", augmentation).hasSizeGreaterThan(1);
            }
        }
    }

    @Test
    void noStrengthChangesNothing() {
        Pixels in = Pictures.noise(new SplittableRandom(5), 17, 23);
        List<Augmentation> idle = List.of(
                Augment.horizontalFlip(0),
                Augment.verticalFlip(0),
                Augment.colorJitter(0, 0, 0, 0),
                Augment.rotation(0),
                Augment.randAugment(0, 9));
        for (Augmentation augmentation : idle) {
            for (int seed = 0; seed < 20; seed++) {
                assertThat(((PixelAugmentation) augmentation).apply(in, new SplittableRandom(seed)))
                        .as("%s", augmentation)
                        .isEqualTo(in);
            }
        }
    }

    @Test
    void aFlipTwiceIsThePictureAgain() {
        Pixels in = Pictures.noise(new SplittableRandom(6), 5, 8);
        for (boolean horizontal : new boolean[] {true, false}) {
            Flip flip = new Flip(horizontal, 1);
            Pixels once = flip.apply(in, new SplittableRandom(1));
            assertThat(once).isNotEqualTo(in);
            assertThat(flip.apply(once, new SplittableRandom(1))).isEqualTo(in);
        }
        assertThat(new Flip(true, 1).apply(in, new SplittableRandom(1)).at(2, 0, 1))
                .isEqualTo(in.at(2, 7, 1));
    }

    @Test
    void aFlipHappensAsOftenAsItsProbability() {
        Pixels in = Pictures.noise(new SplittableRandom(7), 2, 2);
        SplittableRandom random = new SplittableRandom(8);
        int flipped = 0;
        for (int i = 0; i < 4000; i++) {
            flipped += new Flip(true, 0.3).apply(in, random).equals(in) ? 0 : 1;
        }
        assertThat(flipped / 4000.0).isCloseTo(0.3, within(0.03));
    }

    @Test
    void randomResizedCropAlwaysHasItsSizeWhateverThePictureIs() {
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 300; i++) {
            Pixels in = Pictures.noise(random, 1 + random.nextInt(40), 1 + random.nextInt(40));
            Pixels out = ((PixelAugmentation) Augment.randomResizedCrop(1 + random.nextInt(20))).apply(in, random);
            assertThat(out.height()).isEqualTo(out.width());
        }
    }

    @Test
    void theWholeAreaOfASquareIsTheWholePicture() {
        Pixels in = Pictures.noise(new SplittableRandom(10), 16, 16);
        RandomResizedCrop whole = (RandomResizedCrop) Augment.randomResizedCrop(16, 1, 1, 1, 1);
        assertThat(whole.apply(in, new SplittableRandom(3))).isEqualTo(in);
    }

    @Test
    void randomCropTakesAPieceOfThePaddedPicture() {
        Pixels in = Pictures.noise(new SplittableRandom(11), 6, 6);
        Set<Pixels> possible = new HashSet<>();
        for (int top = -2; top <= 2; top++) {
            for (int left = -2; left <= 2; left++) {
                possible.add(in.crop(top, left, 6, 6));
            }
        }
        Set<Pixels> seen = new HashSet<>();
        SplittableRandom random = new SplittableRandom(12);
        for (int i = 0; i < 600; i++) {
            seen.add(new RandomCrop(6, 2).apply(in, random));
        }
        assertThat(seen).isEqualTo(possible);
    }

    @Test
    void aCropThatDoesNotFitIsRefused() {
        Pixels in = Pictures.noise(new SplittableRandom(13), 6, 9);
        assertThatThrownBy(() -> new RandomCrop(8, 0).apply(in, new SplittableRandom(1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("9 x 6");
    }

    @Test
    void erasingPutsZerosIntoOneRectangleOfAllChannels() {
        RandomErasing erasing = (RandomErasing) Augment.randomErasing(1);
        SplittableRandom random = new SplittableRandom(14);
        for (int i = 0; i < 100; i++) {
            float[] numbers = new float[5 + 3 * 20 * 30 + 5];
            Arrays.fill(numbers, 1);
            erasing.apply(numbers, 5, 3, 20, 30, random);
            int[] erased = new int[3];
            for (int at = 0; at < 3 * 600; at++) {
                erased[at / 600] += numbers[5 + at] == 0 ? 1 : 0;
            }
            assertThat(erased[0]).isEqualTo(erased[1]).isEqualTo(erased[2]).isBetween(5, 260);
            assertThat(numbers[4]).isEqualTo(1);
            assertThat(numbers[numbers.length - 5]).isEqualTo(1);
        }
    }

    @Test
    void mixedTargetsSumToOneAndPicturesAreMixedByTheSameShare() {
        SplittableRandom random = new SplittableRandom(15);
        for (int i = 0; i < 100; i++) {
            float[] numbers = new float[4 * 2 * 8 * 8];
            for (int at = 0; at < numbers.length; at++) {
                int row = at / 128;
                numbers[at] = row;
            }
            float[] targets = {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0};
            MixedBatch batch = new MixedBatch(numbers, targets, 4, 2, 8, 8);
            boolean cut = i % 2 == 0;
            (cut ? new CutMix(1) : new Mixup(0.4)).apply(batch, random);
            for (int row = 0; row < 4; row++) {
                float sum = targets[row * 3] + targets[row * 3 + 1] + targets[row * 3 + 2];
                assertThat(sum).isCloseTo(1f, within(1e-6f));
            }
            float own = targets[4];
            double mean = 0;
            for (int at = 128; at < 256; at++) {
                mean += numbers[at] / 128.0;
            }
            // Row 1 holds ones, row 0, which comes in, zeros.
            assertThat(mean).isCloseTo(own, within(1e-5));
        }
    }

    @Test
    void aBatchOfOneIsLeftAsItIs() {
        for (BatchAugmentation augmentation : List.of(new CutMix(1), new Mixup(1))) {
            float[] numbers = {1, 2, 3, 4};
            float[] targets = {0, 1};
            augmentation.apply(new MixedBatch(numbers, targets, 1, 1, 2, 2), new SplittableRandom(2));
            assertThat(numbers).containsExactly(1, 2, 3, 4);
            assertThat(targets).containsExactly(0, 1);
        }
    }

    @Test
    void theBetaDistributionHasItsMeanAndVariance() {
        SplittableRandom random = new SplittableRandom(16);
        for (double alpha : new double[] {0.2, 1, 4}) {
            double sum = 0;
            double squares = 0;
            int count = 20_000;
            for (int i = 0; i < count; i++) {
                double drawn = Beta.draw(alpha, random);
                assertThat(drawn).isBetween(0.0, 1.0);
                sum += drawn;
                squares += drawn * drawn;
            }
            double mean = sum / count;
            assertThat(mean).isCloseTo(0.5, within(0.01));
            assertThat(squares / count - mean * mean).isCloseTo(1 / (4 * (2 * alpha + 1)), within(0.005));
        }
    }

    @Test
    void argumentsOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> Augment.horizontalFlip(1.5))
                .hasMessageContaining("flip")
                .hasMessageContaining("1.5");
        assertThatThrownBy(() -> Augment.colorJitter(0, 0, 0, 0.6)).hasMessageContaining("hue");
        assertThatThrownBy(() -> Augment.randAugment(2, 31)).hasMessageContaining("magnitude");
        assertThatThrownBy(() -> Augment.randomResizedCrop(0)).hasMessageContaining("size");
        assertThatThrownBy(() -> Augment.randomResizedCrop(9, 0.5, 0.1)).hasMessageContaining("scale");
        assertThatThrownBy(() -> Augment.mixup(0)).hasMessageContaining("alpha");
        assertThatThrownBy(() -> Augment.rotation(Double.NaN)).isInstanceOf(FinetuneException.class);
    }
}
