package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.Embedder;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.Augmentation;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.freeze.Layers;
import dev.finetune.head.Heads;
import dev.finetune.head.Prediction;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.peft.Lora;
import dev.finetune.peft.Quantized;
import dev.finetune.train.DeviceChoice;
import dev.finetune.train.StepReport;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole jobs on small residual networks: pictures in, a saved model out. */
class ImageJobsTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Preprocessing SMALL =
            Preprocessing.IMAGENET.withResize(new Resize.Exact(32, 32)).withCrop(new Crop.None());

    @TempDir
    Path folder;

    /** Noise with a bright square in the upper (even) or lower (odd) half. */
    private static Image picture(int i) {
        final SplittableRandom random = new SplittableRandom(i);
        final int side = 32;
        final byte[] rgb = new byte[3 * side * side];
        for (int k = 0; k < rgb.length; k++) {
            rgb[k] = (byte) random.nextInt(90);
        }
        final int x = random.nextInt(side - 12);
        final int y = random.nextInt(4) + (i % 2 == 0 ? 0 : side / 2);
        for (int dy = 0; dy < 10; dy++) {
            for (int dx = 0; dx < 10; dx++) {
                for (int c = 0; c < 3; c++) {
                    rgb[3 * ((y + dy) * side + x + dx) + c] = (byte) 230;
                }
            }
        }
        return Image.rgb(rgb, side, side);
    }

    private static Dataset<Image> pictures(int from, int count) {
        final List<Example<Image>> examples = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            examples.add(new Example<>(picture(i), Label.of(i % 2 == 0 ? "upper" : "lower")));
        }
        return Dataset.of(Image.class, examples);
    }

    private static FineTuner tuner(String model) {
        return FineTuner.from(GOLDEN.resolve(model))
                .device(DeviceChoice.CPU)
                .inputs(SMALL)
                .head("upper", "lower")
                .lr(3e-3)
                .batchSize(16)
                .epochs(6);
    }

    private static Map<String, float[]> state(FineTuned<?> model) {
        final Map<String, float[]> all = new LinkedHashMap<>();
        model.assembly()
                .network()
                .parameters()
                .forEach(parameter -> all.put(parameter.name(), Tensors.floats(parameter.value())));
        model.assembly().network().buffers().forEach(buffer -> all.put(buffer.name(), Tensors.floats(buffer.value())));
        return all;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "resnet-basic/model",
                "resnet-bottleneck/model",
                "resnet-torchvision-basic/model/weights.pth",
                "resnet-timm/model"
            })
    void aModelLearnsIsSavedAndSaysTheSameWhenLoaded(String model) throws Exception {
        final Path saved = folder.resolve("saved");
        final List<Image> unseen = List.of(picture(900), picture(901), picture(902), picture(903));
        final List<Prediction> before;
        try (FineTuned<Image> tuned = tuner(model).fit(pictures(0, 160), pictures(400, 40))) {
            assertThat(tuned.evaluation().get("accuracy")).isGreaterThan(0.9);
            before = tuned.predict(unseen);
            assertThat(before.get(0).label()).isEqualTo("upper");
            assertThat(before.get(1).label()).isEqualTo("lower");
            tuned.save(saved);
        }
        assertThat(saved.resolve("preprocessor_config.json")).exists();
        try (FineTuned<Image> loaded = FineTuned.load(saved)) {
            assertThat(loaded.labels()).containsExactly("upper", "lower");
            assertThat(loaded.assembly().report().isComplete())
                    .as(loaded.assembly().report().summary())
                    .isTrue();
            final List<Prediction> after = loaded.predict(unseen);
            for (int i = 0; i < unseen.size(); i++) {
                assertThat(after.get(i).logits().get(0))
                        .containsExactly(before.get(i).logits().get(0), within(1e-5f));
            }
        }
        try (Stream<Path> files = Files.list(saved)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("config.json", "model.safetensors", "README.md");
        }
    }

    @Test
    void frozenStagesKeepWeightsAndRunningStatisticsWhileOthersMove() {
        final FineTuner tuner = tuner("resnet-basic/model").freeze(Layers.upTo("layer2"));
        try (FineTuned<Image> untrained = tuner.untrained(Image.class);
                FineTuned<Image> tuned = tuner.epochs(2).fitAll(pictures(0, 64))) {
            final Map<String, float[]> before = state(untrained);
            state(tuned).forEach((name, values) -> {
                final boolean frozen = name.contains("embedder") || name.matches(".*stages\\.[01]\\..*");
                if (frozen) {
                    assertThat(values).as(name).isEqualTo(before.get(name));
                } else if (!name.startsWith("classifier")) {
                    assertThat(values).as(name).isNotEqualTo(before.get(name));
                }
            });
        }
    }

    @Test
    void allBatchNormsCanBeKeptFixed() {
        final FineTuner tuner = tuner("resnet-bottleneck/model").freeze(Freeze.batchNorms());
        try (FineTuned<Image> untrained = tuner.untrained(Image.class);
                FineTuned<Image> tuned = tuner.epochs(1).fitAll(pictures(0, 64))) {
            final Map<String, float[]> before = state(untrained);
            int fixed = 0;
            for (Map.Entry<String, float[]> entry : state(tuned).entrySet()) {
                if (entry.getKey().contains("normalization")) {
                    assertThat(entry.getValue()).as(entry.getKey()).isEqualTo(before.get(entry.getKey()));
                    fixed++;
                }
            }
            assertThat(fixed).isGreaterThan(20);
            assertThat(state(tuned).get("resnet.embedder.embedder.convolution.weight"))
                    .isNotEqualTo(before.get("resnet.embedder.embedder.convolution.weight"));
        }
    }

    @Test
    void keepingWhatFrozenStagesGiveAgreesWithComputingIt() {
        for (Freeze freeze : List.of(Layers.upTo("layer2"), Freeze.allButHead())) {
            final FineTuner tuner = tuner("resnet-basic/model").freeze(freeze).epochs(3);
            try (FineTuned<Image> keeping = tuner.fit(pictures(0, 60), pictures(400, 20));
                    FineTuned<Image> computing =
                            tuner.execution(e -> e.keepFrozenOutputs(false)).fit(pictures(0, 60), pictures(400, 20))) {
                final List<StepReport> ours = keeping.history().orElseThrow().steps();
                final List<StepReport> plain = computing.history().orElseThrow().steps();
                for (int i = 0; i < plain.size(); i++) {
                    assertThat(ours.get(i).loss()).isCloseTo(plain.get(i).loss(), within(1e-5));
                }
                assertThat(keeping.evaluation().get("loss"))
                        .isCloseTo(computing.evaluation().get("loss"), within(1e-5));
            }
        }
    }

    @Test
    void augmentedJobsGiveTheSameBitsForASeedAndOthersForAnother() {
        final FineTuner tuner = tuner("resnet-basic/model")
                .epochs(1)
                .augment(Augment.randomResizedCrop(32), Augment.horizontalFlip(), Augment.mixup(0.2));
        try (FineTuned<Image> one = tuner.fitAll(pictures(0, 48));
                FineTuned<Image> two = tuner.fitAll(pictures(0, 48));
                FineTuned<Image> other = tuner.seed(7).fitAll(pictures(0, 48))) {
            final Map<String, float[]> again = state(two);
            state(one)
                    .forEach((name, values) ->
                            assertThat(again.get(name)).as(name).isEqualTo(values));
            assertThat(state(other).get("classifier.1.weight")).isNotEqualTo(again.get("classifier.1.weight"));
        }
    }

    @Test
    void severalLabelsAndNumbersAreLearnedFromPicturesToo() {
        final List<Example<Image>> tagged = new ArrayList<>();
        final List<Example<Image>> numbered = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            tagged.add(new Example<>(
                    picture(i), new Label.Categories(i % 2 == 0 ? Set.of("bright", "upper") : Set.of("bright"))));
            numbered.add(new Example<>(picture(i), Label.of(i % 2)));
        }
        final FineTuner tuner = tuner("resnet-basic/model").epochs(10);
        try (FineTuned<Image> tags =
                        tuner.head(Heads.multiLabel("bright", "upper")).fitAll(Dataset.of(Image.class, tagged));
                FineTuned<Image> numbers = tuner.head(Heads.regression()).fitAll(Dataset.of(Image.class, numbered))) {
            assertThat(tags.predict(picture(900)).probability("bright")).isGreaterThan(0.5);
            assertThat(numbers.predict(picture(901)).value())
                    .isGreaterThan(numbers.predict(picture(900)).value());
        }
    }

    @Test
    void aFewPicturesOfAClassAreLearnedFromInPairs() {
        try (FineTuned<Image> tuned = tuner("resnet-basic/model").fitFewShot(pictures(0, 24))) {
            assertThat(tuned.evaluate(pictures(400, 40)).get("accuracy")).isGreaterThan(0.85);
            tuned.save(folder.resolve("few"));
        }
        try (FineTuned<Image> loaded = FineTuned.load(folder.resolve("few"))) {
            assertThat(loaded.evaluate(pictures(400, 40)).get("accuracy")).isGreaterThan(0.85);
        }
    }

    @Test
    void picturesThatAreMixedAreNotLearnedFromInPairs() {
        for (Augmentation mixing : List.of(Augment.mixup(0.2), Augment.cutMix(1))) {
            assertThatThrownBy(() -> tuner("resnet-basic/model").augment(mixing).fitFewShot(pictures(0, 8)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("one class a row", "Mixup and CutMix");
        }
    }

    @Test
    void anEmbedderGivesOneVectorAPictureWhateverTheBatch() {
        try (Embedder<Image> embedder = FineTuner.from(GOLDEN.resolve("resnet-basic/model"))
                .device(DeviceChoice.CPU)
                .embedder(Image.class)) {
            final float[] alone = embedder.embed(picture(3));
            assertThat(alone).hasSize(48);
            assertThat(embedder.embed(List.of(picture(2), picture(3))).get(1)).containsExactly(alone, within(1e-5f));
        }
    }

    @Test
    void aHeadForOtherClassesStartsAnewAndOneForTheSameIsKept() {
        final FineTuner tuner =
                FineTuner.from(GOLDEN.resolve("resnet-basic/model")).device(DeviceChoice.CPU);
        try (FineTuned<Image> same =
                        tuner.head("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3").untrained(Image.class);
                FineTuned<Image> others = tuner.head("a", "b", "c", "d").untrained(Image.class)) {
            assertThat(same.assembly().report().newlyInitialized()).isEmpty();
            assertThat(others.assembly().report().newlyInitialized())
                    .containsExactly("classifier.1.weight", "classifier.1.bias");
        }
    }

    @Test
    void aBaseOfConvolutionsIsNotPackedWithoutAWord() {
        final FineTuner packed = tuner("resnet-basic/model")
                .lora(Lora.rank(2).targets("convolution"))
                .base(Quantized.nf4());
        assertThatThrownBy(() -> packed.fit(pictures(0, 8), pictures(8, 4)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(
                        "base(4 bits (NF4)) packs the linear layers of the trunk, and this model has none");
    }

    @Test
    void whatDoesNotFitIsRefusedByName() {
        assertThatThrownBy(() -> tuner("resnet-basic/model")
                        .freeze(Layers.upTo("layer9"))
                        .fitAll(pictures(0, 8)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("layer9")
                .hasMessageContaining("stem, layer1, layer2");
        assertThatThrownBy(() -> tuner("resnet-basic/model")
                        .head(Heads.tokens("O", "B-X"))
                        .untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Tokens");
        assertThatThrownBy(() -> tuner("resnet-basic/model").maxLength(128).untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("maxLength(128)", "pictures");
        assertThatThrownBy(() -> FineTuner.from(GOLDEN.resolve("resnet-basic/case.safetensors"))
                        .untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("no family on the class path knows the weights");
    }
}
