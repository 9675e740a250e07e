package dev.finetune.vision.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.head.Prediction;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real weights on real pictures, before any training: what their authors' nets know, ours know. The files don't come with
 * the project; where they are missing, the tests are skipped and say so.
 */
class PretrainedWeightsTest {
    /** ImageNet's ants and bees. */
    private static final List<String> ANT_AND_BEE = List.of("LABEL_310", "LABEL_309");

    private static Path shared(String name) {
        final Path path = Path.of(System.getProperty("finetune.shared", "")).resolve(name);
        assumeTrue(Files.exists(path), "SKIPPED: " + path.toAbsolutePath() + " isn't here");
        return path;
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"resnet20-12fca82f.th", "resnet56-4bfd9763.th"})
    void aResNetForCifarKnowsFourOfFiveLossyPictures(String file) {
        final Path weights = shared("models/cifar-resnets/" + file);
        final List<String> classes =
                List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");
        final List<Example<Image>> pictures = new ArrayList<>();
        for (Example<Image> example :
                ImageFolder.of(shared("data/cifar10-jpeg/test")).asList()) {
            final String name = ((Label.Category) example.label()).name();
            if (pictures.size() < 1000) {
                pictures.add(new Example<>(example.input(), Label.of("LABEL_" + classes.indexOf(name))));
            }
        }
        try (FineTuned<Image> net = FineTuner.from(weights).untrained(Image.class)) {
            assertThat(net.evaluate(Dataset.of(Image.class, pictures)).get("accuracy"))
                    .isGreaterThan(0.78);
        }
    }

    @Test
    void squeezeNetFindsAntsAndBeesAmongItsFirstFiveGuesses() {
        final Path weights = shared("models/squeezenet1_1/squeezenet1_1_caffe_rgb.safetensors");
        final Dataset<Image> photos = ImageFolder.of(shared("data/hymenoptera/val"));
        final Preprocessing caffe = Preprocessing.IMAGENET
                .withResize(new Resize.Exact(227, 227))
                .withCrop(new Crop.None())
                .withRescale(1)
                .withNormalisation(List.of(123.0, 117.0, 104.0), List.of(1.0, 1.0, 1.0));
        try (FineTuned<Image> net = FineTuner.from(weights).inputs(caffe).untrained(Image.class)) {
            final List<Prediction> says =
                    net.predict(photos.stream().map(Example::input).toList());
            int found = 0;
            for (int i = 0; i < says.size(); i++) {
                final boolean ant = photos.asList().get(i).label().equals(Label.of("ants"));
                final String wanted = ANT_AND_BEE.get(ant ? 0 : 1);
                found += ((Prediction.Category) says.get(i))
                                .top(5).stream()
                                        .anyMatch(guess -> guess.getKey().equals(wanted))
                        ? 1
                        : 0;
            }
            assertThat(found / (double) says.size()).as("top-5 accuracy").isGreaterThanOrEqualTo(0.7);
        }
    }

    @Test
    void weightsWithoutTheirLastStageEndWhereTheyAreWhole() {
        final Path weights = shared("models/resnet18-imagenet-to-layer3/resnet18_to_layer3_bnfolded.safetensors");
        try (FineTuned<Image> net = FineTuner.from(weights).head("ant", "bee").untrained(Image.class)) {
            assertThat(net.summary()).contains("layer3").doesNotContain("layer4");
            assertThat(net.assembly().report().newlyInitialized()).containsExactly("fc.weight", "fc.bias");
        }
    }
}
