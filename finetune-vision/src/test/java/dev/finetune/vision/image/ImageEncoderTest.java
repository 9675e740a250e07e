package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.batch.Augmentation;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.Encoded;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.vision.Augment;
import dev.finetune.vision.Image;
import dev.finetune.vision.OnBroken;
import dev.finetune.vision.augment.Pictures;
import dev.finetune.vision.augment.PixelAugmentation.Entry;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Function;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImageEncoderTest {
    private static final Preprocessing SMALL =
            Preprocessing.IMAGENET.withResize(new Resize.ShortestEdge(20)).withCrop(new Crop.Centre(16, 16));
    private static final CollateContext TRAINING = new CollateContext(CollateContext.Purpose.TRAINING, 7);
    private static final CollateContext EVALUATION = new CollateContext(CollateContext.Purpose.EVALUATION, 7);
    private static final List<Augmentation> MANY = List.of(
            Augment.randomResizedCrop(16),
            Augment.horizontalFlip(),
            Augment.colorJitter(0.4, 0.4, 0.4, 0.1),
            Augment.trivialAugment(),
            Augment.randomErasing(0.5),
            Augment.mixup(0.5),
            Augment.cutMix(1));

    @Test
    void targetsAloneAreThoseOfTheBatchAndNeedNoPicture() {
        try (ImageEncoder encoder = encoder(List.of(), OnBroken.FAIL)) {
            List<Encoded> rows = encoder.encode(examples(5));
            HostBatch targets = encoder.collateTargets(rows).orElseThrow();
            assertThat(targets.columns()).containsOnlyKeys("labels");
            assertThat(((HostTensor.Longs) targets.columns().get("labels")).data())
                    .isEqualTo(((HostTensor.Longs)
                                    encoder.collate(rows, EVALUATION).columns().get("labels"))
                            .data());
            assertThat(targets.rows()).isEqualTo(rows);
        }
    }

    @Test
    void evaluationBatchesAreThePreprocessedPicturesAndTheirClasses() {
        try (ImageEncoder encoder = encoder(MANY, OnBroken.FAIL)) {
            List<Example<Image>> examples = examples(5);
            HostBatch batch = encoder.collate(encoder.encode(examples), EVALUATION);
            HostTensor.Floats pixels = (HostTensor.Floats) batch.columns().get("pixel_values");
            assertThat(pixels.shape()).containsExactly(5, 3, 16, 16);
            for (int i = 0; i < 5; i++) {
                float[] expected =
                        SMALL.apply(new ImageDecoder().decode(examples.get(i).input()));
                for (int at = 0; at < expected.length; at++) {
                    assertThat(pixels.data()[i * expected.length + at]).isEqualTo(expected[at]);
                }
            }
            assertThat(((HostTensor.Longs) batch.columns().get("labels")).data())
                    .containsExactly(0, 1, 2, 0, 1);
        }
    }

    @Test
    void aTrainingBatchDependsOnItsSeedAndNotOnTheThreads() throws Exception {
        HostBatch one = inPool(1);
        HostBatch many = inPool(7);
        assertThat(numbers(many)).isEqualTo(numbers(one));
        assertThat(((HostTensor.Floats) many.columns().get("labels")).data())
                .isEqualTo(((HostTensor.Floats) one.columns().get("labels")).data());
        try (ImageEncoder encoder = encoder(MANY, OnBroken.FAIL)) {
            HostBatch other = encoder.collate(
                    encoder.encode(examples(9)), new CollateContext(CollateContext.Purpose.TRAINING, 8));
            assertThat(numbers(other)).isNotEqualTo(numbers(one));
        }
    }

    private static HostBatch inPool(int threads) throws Exception {
        ForkJoinPool pool = new ForkJoinPool(threads);
        try (ImageEncoder encoder = encoder(MANY, OnBroken.FAIL)) {
            List<Encoded> rows = encoder.encode(examples(9));
            return pool.submit(() -> encoder.collate(rows, TRAINING)).get();
        } finally {
            pool.shutdown();
        }
    }

    @Test
    void mixedPicturesHaveSoftLabelsThatSumToOne() {
        try (ImageEncoder encoder = encoder(MANY, OnBroken.FAIL)) {
            HostBatch batch = encoder.collate(encoder.encode(examples(6)), TRAINING);
            HostTensor.Floats labels = (HostTensor.Floats) batch.columns().get("labels");
            assertThat(labels.shape()).containsExactly(6, 3);
            for (int row = 0; row < 6; row++) {
                float sum = labels.data()[row * 3] + labels.data()[row * 3 + 1] + labels.data()[row * 3 + 2];
                assertThat(sum).isCloseTo(1f, within(1e-6f));
            }
        }
    }

    @Test
    void withoutAugmentationTrainingSeesWhatEvaluationSees() {
        try (ImageEncoder encoder = encoder(List.of(), OnBroken.FAIL)) {
            List<Encoded> rows = encoder.encode(examples(4));
            assertThat(numbers(encoder.collate(rows, TRAINING))).isEqualTo(numbers(encoder.collate(rows, EVALUATION)));
        }
    }

    @Test
    void aKeptPictureIsTheSameAsOnePreparedAnew() {
        List<Augmentation> flips = List.of(Augment.horizontalFlip(), Augment.randomCrop(16, 2));
        try (ImageEncoder keeping = encoder(flips, OnBroken.FAIL);
                ImageEncoder forgetful = new ImageEncoder(
                        SMALL, flips, ImageEncoderTest::target, 3, ImageLimits.DEFAULT, OnBroken.FAIL, 0)) {
            List<Encoded> kept = keeping.encode(examples(4));
            List<Encoded> anew = forgetful.encode(examples(4));
            for (CollateContext context : List.of(TRAINING, EVALUATION, TRAINING, EVALUATION)) {
                // Random crops of pictures that aren't square have one size all the same.
                assertThat(numbers(keeping.collate(kept, context)))
                        .isEqualTo(numbers(forgetful.collate(anew, context)));
            }
        }
    }

    @Test
    void theCacheGivesBackWhatGarbageRowsTook() throws Exception {
        PixelCache cache = new PixelCache(1000);
        Pixels pixels = new Pixels(new byte[600], 10, 20);
        List<EncodedImage> rows = new ArrayList<>();
        rows.add(new EncodedImage(Image.of(pixels), new Target.None()));
        cache.keep(rows.get(0), Entry.SIZED, pixels);
        assertThat(cache.free()).isEqualTo(400);
        EncodedImage second = new EncodedImage(Image.of(pixels), new Target.None());
        cache.keep(second, Entry.SIZED, pixels);
        assertThat(second.kept()).isNull();
        rows.clear();
        for (int i = 0; i < 50 && second.kept() == null; i++) {
            System.gc();
            Thread.sleep(20);
            cache.keep(second, Entry.SIZED, pixels);
        }
        assertThat(second.kept()).isNotNull();
    }

    @Test
    void brokenPicturesAreSkippedAndCountedOrStopTheJobAsTheUserSays() {
        List<Example<Image>> examples = new ArrayList<>(examples(3));
        examples.add(1, new Example<>(broken(), Label.of("a")));
        try (ImageEncoder skipping = encoder(List.of(), OnBroken.SKIP)) {
            assertThat(skipping.encode(examples)).hasSize(3);
            assertThat(skipping.skipped()).isEqualTo(1);
            assertThatThrownBy(() -> skipping.encode(List.of(new Example<>(broken(), Label.none()))))
                    .isInstanceOf(FinetuneException.class);
        }
        try (ImageEncoder failing = encoder(List.of(), OnBroken.FAIL)) {
            assertThatThrownBy(() -> failing.encode(examples))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("broken.jpg");
        }
    }

    @Test
    void aLineOfOnePixelThatResizingWouldBlowUpIsRefusedByItsName() throws IOException {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(1, 60_000, BufferedImage.TYPE_BYTE_BINARY), "png", png);
        Image line = Image.of(png.toByteArray(), "line.png");
        Function<OnBroken, ImageEncoder> encoder = onBroken -> new ImageEncoder(
                Preprocessing.IMAGENET, List.of(), label -> new Target.None(), 1, ImageLimits.DEFAULT, onBroken);
        try (ImageEncoder failing = encoder.apply(OnBroken.FAIL);
                ImageEncoder skipping = encoder.apply(OnBroken.SKIP)) {
            List<Encoded> rows = failing.encode(List.of(new Example<>(line, Label.none())));
            assertThatThrownBy(() -> failing.collate(rows, CollateContext.predicting()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("line.png")
                    .hasMessageContaining("1 x 60000")
                    .hasMessageContaining("15360000");
            assertThat(skipping.encode(List.of(new Example<>(line, Label.of("a")))))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"100, 50", "100000, 10", "100000, 99990", "40000, 20000", "40000, 39999"})
    void picturesOfOneNameAndSizeAreToldApartByWhatTheyHold(int size, int changed, @TempDir Path folder)
            throws IOException {
        byte[] bytes = new byte[size];
        Path file = Files.write(folder.resolve("a.png"), bytes);
        EncodedImage row = new EncodedImage(Image.of(file), new Target.Index(0));
        CRC32 before = new CRC32();
        row.addTo(before);
        CRC32 again = new CRC32();
        row.addTo(again);
        assertThat(again.getValue()).isEqualTo(before.getValue());
        bytes[changed] = 1;
        Files.write(file, bytes);
        CRC32 after = new CRC32();
        row.addTo(after);
        assertThat(after.getValue()).isNotEqualTo(before.getValue());
    }

    @Test
    void aPictureWithoutLabelGivesABatchWithoutLabels() {
        try (ImageEncoder encoder = encoder(MANY, OnBroken.FAIL)) {
            List<Encoded> rows =
                    encoder.encode(List.of(new Example<>(examples(1).get(0).input(), Label.none())));
            assertThat(encoder.collate(rows, CollateContext.predicting()).columns())
                    .containsOnlyKeys("pixel_values");
        }
    }

    @Test
    void numbersGoThroughAsTheyAre() {
        float[] values = new float[3 * 16 * 16];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        try (ImageEncoder encoder = encoder(List.of(Augment.rotation(90)), OnBroken.SKIP)) {
            List<Encoded> rows = encoder.encode(List.of(new Example<>(Image.pixels(values, 3, 16, 16), Label.of("a"))));
            assertThat(numbers(encoder.collate(rows, TRAINING))).isEqualTo(values);
        }
    }

    @Test
    void picturesOfTwoSizesInABatchAreRefused() {
        Preprocessing loose = SMALL.withCrop(new Crop.None());
        try (ImageEncoder encoder =
                new ImageEncoder(loose, List.of(), ImageEncoderTest::target, 3, ImageLimits.DEFAULT, OnBroken.FAIL)) {
            List<Encoded> rows = encoder.encode(examples(3));
            assertThatThrownBy(() -> encoder.collate(rows, EVALUATION))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("one size")
                    .hasMessageContaining("picture 0")
                    .hasMessageContaining("3 x 20 x");
        }
    }

    @Test
    void multiLabelAndRegressionTargetsAreNumbersPerOutput() {
        Function<Label, Target> numbers = label -> new Target.Vector(new float[] {1, 0.5f});
        try (ImageEncoder encoder =
                new ImageEncoder(SMALL, List.of(), numbers, 2, ImageLimits.DEFAULT, OnBroken.FAIL)) {
            HostBatch batch = encoder.collate(encoder.encode(examples(2)), EVALUATION);
            HostTensor.Floats labels = (HostTensor.Floats) batch.columns().get("labels");
            assertThat(labels.shape()).containsExactly(2, 2);
            assertThat(labels.data()).containsExactly(1, 0.5f, 1, 0.5f);
        }
    }

    @Test
    void augmentationsOfOtherInputsAreRefused() {
        Augmentation ofText = () -> String.class;
        assertThatThrownBy(() -> encoder(List.of(ofText), OnBroken.FAIL))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("String");
    }

    @Test
    void whatIsSavedIsReadBack(@TempDir Path folder) throws Exception {
        try (ImageEncoder encoder = encoder(List.of(), OnBroken.FAIL)) {
            encoder.save(folder);
        }
        assertThat(Preprocessing.find(folder).orElseThrow()).isEqualTo(SMALL);
    }

    private static float[] numbers(HostBatch batch) {
        return ((HostTensor.Floats) batch.columns().get("pixel_values")).data();
    }

    private static ImageEncoder encoder(List<Augmentation> augmentations, OnBroken onBroken) {
        return new ImageEncoder(SMALL, augmentations, ImageEncoderTest::target, 3, ImageLimits.DEFAULT, onBroken);
    }

    private static Target target(Label label) {
        return label instanceof Label.Category category
                ? new Target.Index(category.name().charAt(0) - 'a')
                : new Target.None();
    }

    private static Image broken() {
        return Image.of("no picture".getBytes(StandardCharsets.UTF_8), "broken.jpg");
    }

    private static List<Example<Image>> examples(int count) {
        SplittableRandom random = new SplittableRandom(21);
        List<Example<Image>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Pixels pixels = Pictures.noise(random, 24 + i, 30 + 5 * i);
            String label = String.valueOf((char) ('a' + i % 3));
            examples.add(new Example<>(Image.of(pixels).named("picture " + i), Label.of(label)));
        }
        return examples;
    }
}
