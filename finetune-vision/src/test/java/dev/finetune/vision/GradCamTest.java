package dev.finetune.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.Weights;
import dev.finetune.error.FinetuneException;
import dev.finetune.explain.ActivationMap;
import dev.finetune.explain.Explain;
import dev.finetune.explain.GradCam;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.testkit.Numbers;
import dev.finetune.train.DeviceChoice;
import dev.finetune.vision.image.BufferedImages;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Pixels;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Grad-CAM; make_gradcam.py beside the numbers says how they were made, without Captum. */
class GradCamTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final Path CASES = Path.of("src/test/resources/explain");

    /** Of the same formulas in float32: a tenth of what is asked for, 1e-4. */
    private static final double NEAR = 1e-5;

    @TempDir
    Path folder;

    private static FineTuner tuner(Path model, int height, int width) {
        return FineTuner.from(model)
                .device(DeviceChoice.CPU)
                .inputs(Preprocessing.IMAGENET
                        .withResize(new Resize.Exact(height, width))
                        .withCrop(new Crop.None()));
    }

    @TestFactory
    Stream<DynamicTest> mapsAreThoseOfTheFormula() throws IOException {
        final JsonArray cases = JsonParser.parseString(Files.readString(CASES.resolve("gradcam.json")))
                .getAsJsonArray();
        assertThat(cases).hasSize(8);
        return cases.asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(one -> dynamicTest(one.get("model") + ", output " + one.get("target"), () -> check(one)));
    }

    private static void check(JsonObject golden) {
        final String name = golden.get("model").getAsString();
        final boolean squeeze = name.equals("squeezenet");
        final int row = golden.get("row").getAsInt();
        final HostTensor.Floats x = squeeze ? waves(row) : row(name, row);
        final int height = (int) x.shape()[1];
        final int width = (int) x.shape()[2];
        final Image image = Image.pixels(x.data(), 3, height, width);
        final Path model = squeeze
                ? CASES.resolve("squeezenet.safetensors")
                : GOLDEN.resolve(name).resolve("model");
        final FineTuner base = tuner(model, height, width);
        try (FineTuned<Image> opened = (squeeze ? base.head("a", "b", "c").initialization(i -> i.keepHead(true)) : base)
                .untrained(Image.class)) {
            final ActivationMap map = opened.explain(
                    image, Explain.gradCam().target(golden.get("target").getAsInt()));

            assertThat(map.score()).isCloseTo(golden.get("score").getAsDouble(), within(NEAR));
            assertThat(List.of(map.height(), map.width()))
                    .isEqualTo(List.of(
                            golden.get("height").getAsInt(), golden.get("width").getAsInt()));
            Numbers.assertClose(map.values(), floats(golden, "map"), NEAR, "map");
            final float[] resized = floats(golden, "resized");
            if (resized.length > 0) {
                Numbers.assertClose(map.resized(height, width).values(), resized, NEAR, "resized");
            }
        }
    }

    /** The sine of 0.37 times each number's place among those of all rows. */
    private static HostTensor.Floats waves(int row) {
        final float[] numbers = new float[3 * 40 * 56];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) Math.sin(0.37 * (row * numbers.length + i));
        }
        return new HostTensor.Floats(numbers, 3, 40, 56);
    }

    private static HostTensor.Floats row(String name, int row) {
        try (TensorScope scope = TensorScope.open();
                Weights weights = Weights.open(GOLDEN.resolve(name).resolve("case.safetensors"))) {
            final Tensor x = weights.read("x").select(0, row);
            return new HostTensor.Floats(Tensors.floats(x), Tensors.shape(x));
        }
    }

    private static float[] floats(JsonObject golden, String key) {
        final List<JsonElement> numbers = golden.getAsJsonArray(key).asList();
        final float[] floats = new float[numbers.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = numbers.get(i).getAsFloat();
        }
        return floats;
    }

    private static FineTuned<Image> model() {
        return tuner(GOLDEN.resolve("resnet-basic/model"), 64, 64)
                .head("upper", "lower")
                .untrained(Image.class);
    }

    private static Image picture() {
        final byte[] rgb = new byte[3 * 20 * 30];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 7);
        }
        return Image.rgb(rgb, 30, 20);
    }

    @Test
    void thePredictedClassIsExplainedAndTheModelLeftAsItIs() {
        try (FineTuned<Image> model = model()) {
            final String before = model.predict(picture()).probabilities().toString();
            final ActivationMap map = model.explain(picture(), Explain.gradCam());

            assertThat(map.target()).isEqualTo(model.predict(picture()).label());
            assertThat(map.stage()).isEqualTo("layer4");
            assertThat(map.values()).isNotEmpty();
            for (float value : map.values()) {
                assertThat(value).isNotNegative();
            }
            assertThat(model.predict(picture()).probabilities().toString()).isEqualTo(before);
            assertThat(model.assembly().network().parameters())
                    .allMatch(parameter ->
                            parameter.isTrained() && !parameter.value().grad().defined());
            assertThat(model.explain(picture(), Explain.gradCam().target("lower"))
                            .target())
                    .isEqualTo("lower");
        }
    }

    @Test
    void noExplanationLeavesNativeObjectsBehind() {
        try (FineTuned<Image> model = model()) {
            model.explain(picture(), Explain.gradCam());
            final List<Long> counts = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                model.explain(picture(), Explain.gradCam());
                counts.add(Pointer.totalCount());
            }
            assertThat(counts).containsOnly(counts.get(0));
        }
    }

    @Test
    void whatReadsPicturesHasNoTokens() {
        try (FineTuned<Image> model = model()) {
            assertThatThrownBy(() -> model.explain(picture(), Explain.integratedGradients()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("(resnet) can't be explained token by token: it reads Image");
        }
    }

    @Test
    void theMapLiesOverThePictureThatTheNetworkSaw() throws IOException {
        try (FineTuned<Image> model = model()) {
            final ActivationMap map = model.explain(picture(), Explain.gradCam());
            final ImageOverlay overlay = ImageOverlay.of(model, picture(), map);
            final Path file = folder.resolve("why.png");
            overlay.write(file);

            assertThat(overlay.picture().toString()).isEqualTo("64 x 64 pixels");
            final Pixels written = BufferedImages.pixels(ImageIO.read(file.toFile()));
            assertThat(written).isEqualTo(overlay.pixels());
            assertThat(written.toString()).isEqualTo("256 x 256 pixels");
        }
    }

    @Test
    void warmPlacesAreThoseOfLargeValuesAndColdOnesShowThePicture() {
        final float[] values = new float[16];
        values[5] = 2;
        final Pixels grey = Pixels.ofGrey(filled(100), 224, 224);
        final ActivationMap map = new ActivationMap("layer4", "cat", 1, 4, 4, values);

        final Pixels shown = new ImageOverlay(grey, map).pixels();

        assertThat(shown.at(223, 223, 0)).isEqualTo(100);
        assertThat(shown.at(84, 84, 0)).isGreaterThan(170);
        assertThat(shown.at(84, 84, 2)).isLessThan(60);
        assertThat(new ImageOverlay(grey, new ActivationMap("layer4", "cat", 1, 4, 4, new float[16])).pixels())
                .isEqualTo(grey);
        boolean line = false;
        for (int i = 0; i < 224; i++) {
            line |= shown.at(84, i, 0) == 255 && shown.at(84, i, 2) == 255;
        }
        assertThat(line).isTrue();
    }

    private static byte[] filled(int value) {
        final byte[] grey = new byte[224 * 224];
        Arrays.fill(grey, (byte) value);
        return grey;
    }

    @Test
    void settingsAndMapsThatMeanNothingAreRefused() {
        assertThatThrownBy(() -> new ActivationMap("layer4", "cat", 1, 4, 4, new float[3]))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("needs 16 values, but there are 3");
        final GradCam other = Explain.gradCam().target("nobody");
        try (FineTuned<Image> model = model()) {
            assertThatThrownBy(() -> model.explain(picture(), other)).hasMessageContaining("[upper, lower]");
        }
    }
}
