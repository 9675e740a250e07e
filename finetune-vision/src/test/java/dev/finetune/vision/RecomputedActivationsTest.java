package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.MemoryFormat;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Buffer;
import dev.finetune.peft.Lora;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.OptimizerSettings;
import dev.finetune.train.StepReport;
import dev.finetune.train.TrainingListener;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keeping less for the backward pass of a residual network changes nothing but memory and time. */
class RecomputedActivationsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final int SIDE = 128;
    private static final int BATCH = 64;

    /** Where rounding moves a single number of the last, small stages over ReLU's edge, a gradient changes by so much. */
    private static final double ONE_NUMBER = 2e-3;

    static Stream<Arguments> ways() {
        return Stream.of(
                way("basic", "resnet-basic/model", tuner -> tuner),
                way("bottleneck", "resnet-bottleneck/model", tuner -> tuner),
                way("timm", "resnet-timm/model", tuner -> tuner),
                way(
                        "contiguous",
                        "resnet-bottleneck/model",
                        tuner -> tuner.execution(e -> e.memoryFormat(MemoryFormat.CONTIGUOUS))),
                way(
                        "checkpointing",
                        "resnet-bottleneck/model",
                        tuner -> tuner.execution(e -> e.gradientCheckpointing(true))),
                way("the stem frozen", "resnet-basic/model", tuner -> tuner.freeze(Layers.upTo("stem"))),
                way("norms frozen", "resnet-bottleneck/model", tuner -> tuner.freeze(Freeze.batchNorms())),
                way(
                        "convolutions frozen",
                        "resnet-bottleneck/model",
                        tuner -> tuner.freeze(Freeze.matching(".*convolution.*"))),
                way(
                        "LoRA",
                        "resnet-bottleneck/model",
                        tuner -> tuner.lora(Lora.rank(2).targets("convolution"))));
    }

    private static Arguments way(String what, String model, UnaryOperator<FineTuner> way) {
        return Arguments.of(what, model, way);
    }

    /** So many of so large pictures that what comes between takes more than 1 MB. */
    private static Dataset<Image> pictures(int count) {
        final SplittableRandom random = new SplittableRandom(5);
        final List<Example<Image>> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final byte[] rgb = new byte[3 * SIDE * SIDE];
            for (int k = 0; k < rgb.length; k++) {
                rgb[k] = (byte) random.nextInt(i % 2 == 0 ? 90 : 250);
            }
            examples.add(new Example<>(Image.rgb(rgb, SIDE, SIDE), Label.of(i % 2 == 0 ? "dark" : "bright")));
        }
        return Dataset.of(Image.class, examples);
    }

    private static FineTuner tuner(String model) {
        return FineTuner.from(GOLDEN.resolve(model))
                .device(DeviceChoice.CPU)
                .inputs(Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(SIDE, SIDE))
                        .withCrop(new Crop.None()))
                .head("dark", "bright")
                .optimizer(OptimizerSettings.sgd(
                        0.9)) // AdamW's first step makes a rounding of a tiny gradient a whole step.
                .lr(1e-3)
                .batchSize(BATCH)
                .epochs(1);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ways")
    void itAgreesWithKeepingAll(String what, String model, UnaryOperator<FineTuner> way) {
        final Dataset<Image> train = pictures(3 * BATCH);
        try (FineTuned<Image> recomputing = way.apply(tuner(model)).fitAll(train);
                FineTuned<Image> keeping = way.apply(tuner(model))
                        .execution(e -> e.recomputeActivations(false))
                        .fitAll(train)) {
            final List<StepReport> ours = recomputing.history().orElseThrow().steps();
            final List<StepReport> plain = keeping.history().orElseThrow().steps();
            assertThat(ours).hasSameSizeAs(plain).hasSize(3);
            for (int i = 0; i < ours.size(); i++) {
                assertThat(ours.get(i).loss())
                        .as("loss of step %d", i)
                        .isCloseTo(plain.get(i).loss(), within(1e-5));
                assertThat(ours.get(i).gradientNorm())
                        .as("gradient of step %d", i)
                        .isCloseTo(
                                plain.get(i).gradientNorm(),
                                within(ONE_NUMBER * plain.get(i).gradientNorm()));
            }
            final List<Buffer> statistics = recomputing.assembly().network().buffers();
            for (int i = 0; i < statistics.size(); i++) {
                final Buffer other = keeping.assembly().network().buffers().get(i);
                if (!other.name().endsWith("num_batches_tracked")) {
                    assertThat(Tensors.floats(statistics.get(i).value()))
                            .as(other.name())
                            .containsExactly(Tensors.floats(other.value()), within(1e-4f));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"resnet-basic/model", "resnet-bottleneck/model", "resnet-timm/model"})
    void channelsLastAgreesWithContiguousInPredictionsAndInAStep(String model) {
        final Dataset<Image> train = pictures(8);
        final List<Image> images = train.asList().stream().map(Example::input).toList();
        final FineTuner tuner = tuner(model).batchSize(8);
        final FineTuner last = tuner.execution(e -> e.memoryFormat(MemoryFormat.CHANNELS_LAST));
        final FineTuner first = tuner.execution(e -> e.memoryFormat(MemoryFormat.CONTIGUOUS));
        try (FineTuned<Image> one = last.untrained(Image.class);
                FineTuned<Image> other = first.untrained(Image.class)) {
            final List<Prediction> ours = one.predict(images);
            final List<Prediction> theirs = other.predict(images);
            for (int i = 0; i < images.size(); i++) {
                assertThat(ours.get(i).logits().get(0))
                        .containsExactly(theirs.get(i).logits().get(0), within(1e-5f));
            }
        }
        try (FineTuned<Image> one = last.fitAll(train);
                FineTuned<Image> other = first.fitAll(train)) {
            final StepReport ours = one.history().orElseThrow().steps().get(0);
            final StepReport theirs = other.history().orElseThrow().steps().get(0);
            assertThat(ours.loss()).isCloseTo(theirs.loss(), within(1e-5));
            assertThat(ours.gradientNorm())
                    .isCloseTo(theirs.gradientNorm(), within(ONE_NUMBER * theirs.gradientNorm()));
        }
    }

    @Test
    void stepsLeaveNothingBehind() {
        final List<Long> objects = new ArrayList<>();
        final FineTuner counting = tuner("resnet-bottleneck/model").epochs(4).listener(new TrainingListener() {
            @Override
            public void stepped(StepReport report) {
                objects.add(Pointer.totalCount());
            }
        });
        try (FineTuned<Image> recomputing = counting.fitAll(pictures(2 * BATCH))) {
            assertThat(objects).hasSize(8);
            assertThat(objects.subList(2, 8))
                    .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo(objects.get(2)));
        }
    }
}
