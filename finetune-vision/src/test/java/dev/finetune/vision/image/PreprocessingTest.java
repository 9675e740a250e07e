package dev.finetune.vision.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PreprocessingTest {
    @Test
    void convNextResizesByItsCropShareAndCutsTheMiddle() {
        Preprocessing read = transformers(
                "{'image_processor_type': 'ConvNextImageProcessor', 'size': {'shortest_edge': 224}, 'crop_pct': 0.95}");
        assertThat(read.resize()).isEqualTo(new Resize.ShortestEdge(235));
        assertThat(read.crop()).isEqualTo(new Crop.Centre(224, 224));
        assertThat(read.interpolation()).isEqualTo(Interpolation.BICUBIC);
        assertThat(read.arithmetic()).isEqualTo(Arithmetic.TENSOR);
    }

    @Test
    void convNextFrom384OnWarpsWithoutACrop() {
        Preprocessing read = transformers("{'feature_extractor_type': 'ConvNextFeatureExtractor', 'size': 384}");
        assertThat(read.resize()).isEqualTo(new Resize.Exact(384, 384));
        assertThat(read.crop()).isEqualTo(new Crop.None());
    }

    @Test
    void convNextMaySayItsCropTwice() {
        assertThat(transformers("{'image_processor_type': 'ConvNextImageProcessor', 'size': 9, 'crop_pct': 0.9,"
                        + " 'do_center_crop': true, 'crop_size': 9}"))
                .isEqualTo(
                        transformers("{'image_processor_type': 'ConvNextImageProcessor', 'size': 9, 'crop_pct': 0.9}"));
    }

    @Test
    void vitResizesToItsSizeAndDoesNotCrop() {
        Preprocessing read =
                transformers("{'image_processor_type': 'ViTImageProcessor', 'size': {'height': 32, 'width':"
                        + " 48}, 'resample': 2, 'image_mean': [0.1, 0.2, 0.3], 'image_std': [0.5, 0.6, 0.7]}");
        assertThat(read.resize()).isEqualTo(new Resize.Exact(32, 48));
        assertThat(read.crop()).isEqualTo(new Crop.None());
        assertThat(read.interpolation()).isEqualTo(Interpolation.BILINEAR);
        assertThat(read.mean()).containsExactly(0.1, 0.2, 0.3);
        assertThat(read.std()).containsExactly(0.5, 0.6, 0.7);
    }

    @Test
    void clipAndBitCropAsTheySay() {
        Preprocessing read =
                transformers("{'image_processor_type': 'CLIPImageProcessor', 'size': {'shortest_edge': 256},"
                        + " 'crop_size': {'height': 224, 'width': 200}, 'do_normalize': false}");
        assertThat(read.resize()).isEqualTo(new Resize.ShortestEdge(256));
        assertThat(read.crop()).isEqualTo(new Crop.Centre(224, 200));
        assertThat(read.mean()).containsExactly(0.0, 0.0, 0.0);
        assertThat(read.std()).containsExactly(1.0, 1.0, 1.0);
        assertThat(transformers("{'image_processor_type': 'BitImageProcessor', 'crop_size': 100}")
                        .crop())
                .isEqualTo(new Crop.Centre(100, 100));
    }

    @Test
    void whatIsSwitchedOffIsNotDone() {
        Preprocessing read =
                transformers("{'image_processor_type': 'ViTImageProcessor', 'do_resize': false, 'do_rescale': false}");
        assertThat(read.resize()).isEqualTo(new Resize.None());
        assertThat(read.rescale()).isEqualTo(1);
    }

    @Test
    void timmSaysItsSizeCropAndFilter() {
        Preprocessing read = Preprocessing.ofPretrainedCfg(
                json("{'input_size': [3, 64, 64], 'interpolation': 'bicubic', 'crop_pct': 0.95, 'crop_mode': 'center',"
                        + " 'mean': [0.5, 0.5, 0.5], 'std': [0.5, 0.5, 0.5]}"),
                "cfg");
        assertThat(read.resize()).isEqualTo(new Resize.ShortestEdge(67));
        assertThat(read.crop()).isEqualTo(new Crop.Centre(64, 64));
        assertThat(read.interpolation()).isEqualTo(Interpolation.BICUBIC);
        assertThat(read.arithmetic()).isEqualTo(Arithmetic.PILLOW);
        assertThat(read.mean()).containsExactly(0.5, 0.5, 0.5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'image_processor_type': 'DonutImageProcessor'}",
                "{'image_processor_type': 'ViTImageProcessor', 'size': {'longest_edge': 5}}",
                "{'image_processor_type': 'ConvNextImageProcessor', 'size': {'height': 5, 'width': 5}}",
                "{'image_processor_type': 'ViTImageProcessor', 'resample': 9}",
                "{'image_processor_type': 'ViTImageProcessor', 'do_pad': true}",
                "{'image_processor_type': 'ViTImageProcessor', 'image_mean': [0.5]}",
                "{'image_processor_type': 'ViTImageProcessor', 'do_center_crop': true}",
                "{'image_processor_type': 'ConvNextImageProcessor', 'size': {'shortest_edge': 5}, 'crop_pct': 0}",
                "{'image_processor_type': 'ConvNextImageProcessor', 'size': 9, 'do_center_crop': true, 'crop_size': 8}",
                "{'image_processor_type': 'ViTImageProcessor', 'do_resize': 'perhaps', 'size': 'large'}"
            })
    void whatIsNotSupportedIsRefusedByName(String config) {
        assertThatThrownBy(() -> transformers(config))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("config.json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'input_size': [1, 28, 28]}",
                "{'crop_mode': 'border'}",
                "{'interpolation': 'magic'}",
                "{'input_size': [3, 30, 40]}"
            })
    void whatTimmMeansButIsNotSupportedIsRefusedByName(String config) {
        assertThatThrownBy(() -> Preprocessing.ofPretrainedCfg(json(config), "pretrained_cfg"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("pretrained_cfg");
    }

    @Test
    void whatIsWrittenReadsBackEqual() {
        SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < 500; i++) {
            Resize resize = switch (random.nextInt(3)) {
                case 0 -> new Resize.None();
                case 1 -> new Resize.ShortestEdge(random.nextInt(1, 600));
                default -> new Resize.Exact(random.nextInt(1, 600), random.nextInt(1, 600));
            };
            int side = random.nextInt(1, 500);
            Crop crop = switch (random.nextInt(3)) {
                case 0 -> new Crop.None();
                case 1 -> new Crop.Centre(side, side);
                default -> new Crop.Centre(side, random.nextInt(1, 500));
            };
            Preprocessing written = new Preprocessing(
                    resize,
                    crop,
                    List.of(Interpolation.values()).get(random.nextInt(6)),
                    List.of(Arithmetic.values()).get(random.nextInt(2)),
                    random.nextBoolean() ? 1 : 1 / 255.0,
                    List.of(random.nextDouble(), 0.0, 123.0),
                    List.of(1.0, random.nextDouble(0.1, 2), 0.5));
            assertThat(Preprocessing.ofPreprocessorConfig(written.toJson(), "saved"))
                    .isEqualTo(written);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "preprocessor_config.json | {\"size\": {\"shortest_edge\": 0}} | can't be resized to 0 x 0",
                "preprocessor_config.json | {\"size\": {\"shortest_edge\": 100000}} | 100000 pixels a side",
                "preprocessor_config.json | {\"do_center_crop\": true, \"crop_size\": {\"height\": 5000, \"width\": 1}} | 5000 pixels a side",
                "config.json | {\"pretrained_cfg\": {\"input_size\": [3, 5000, 5000]}} | 5714 pixels a side",
                "config.json | {\"pretrained_cfg\": {\"input_size\": [3, 0, 0]}} | positive sizes",
            })
    void sizesThatNoNetworkReadsAreRefusedByTheFilesName(String file, String json, String why, @TempDir Path folder)
            throws Exception {
        Files.writeString(folder.resolve(file), json);
        assertThatThrownBy(() -> Preprocessing.find(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(folder.resolve(file).toString())
                .hasMessageContaining(why);
    }

    @Test
    void aDirectoryIsReadByItsPreprocessorThenByTimmsConfigThenAsImageNet(@TempDir Path folder) throws Exception {
        assertThat(Preprocessing.find(folder)).isEmpty();
        Files.writeString(folder.resolve("config.json"), "{\"pretrained_cfg\": {\"input_size\": [3, 64, 64]}}");
        assertThat(Preprocessing.find(folder).orElseThrow().crop()).isEqualTo(new Crop.Centre(64, 64));
        Files.writeString(
                folder.resolve("preprocessor_config.json"),
                "{\"image_processor_type\": \"ViTImageProcessor\", \"size\": {\"height\": 9, \"width\": 8}}");
        assertThat(Preprocessing.find(folder).orElseThrow().resize()).isEqualTo(new Resize.Exact(9, 8));
    }

    @Test
    void imageNetGivesTheMiddleNormalised() {
        byte[] rgb = new byte[300 * 500 * 3];
        Arrays.fill(rgb, (byte) 200);
        float[] numbers = Preprocessing.IMAGENET.apply(new Pixels(rgb, 300, 500));
        assertThat(numbers).hasSize(3 * 224 * 224);
        for (int channel = 0; channel < 3; channel++) {
            double expected =
                    (200 / 255.0 - Preprocessing.IMAGENET_MEAN.get(channel)) / Preprocessing.IMAGENET_STD.get(channel);
            assertThat((double) numbers[channel * 224 * 224 + 777]).isCloseTo(expected, within(1e-6));
        }
    }

    @Test
    void caffesPreprocessingCanBeSaid() {
        Preprocessing caffe = Preprocessing.IMAGENET
                .withResize(new Resize.Exact(227, 227))
                .withCrop(new Crop.None())
                .withRescale(1)
                .withNormalisation(List.of(123.0, 117.0, 104.0), List.of(1.0, 1.0, 1.0));
        float[] numbers = caffe.apply(Pixels.ofGrey(new byte[] {100}, 1, 1));
        assertThat(numbers).hasSize(3 * 227 * 227);
        assertThat(List.of(numbers[0], numbers[227 * 227], numbers[2 * 227 * 227]))
                .containsExactly(-23f, -17f, -4f);
    }

    @Test
    void aSmallerPictureGetsBlackMargins() {
        Preprocessing crop = Preprocessing.IMAGENET
                .withResize(new Resize.None())
                .withCrop(new Crop.Centre(4, 5))
                .withRescale(1)
                .withNormalisation(List.of(0.0, 0.0, 0.0), List.of(1.0, 1.0, 1.0));
        Pixels sized = crop.sized(Pixels.ofGrey(new byte[] {7, 7}, 1, 2));
        assertThat(sized.height()).isEqualTo(4);
        assertThat(sized.width()).isEqualTo(5);
        assertThat(sized.at(1, 1, 0)).isEqualTo(7);
        assertThat(sized.at(1, 2, 0)).isEqualTo(7);
        assertThat(sized.at(1, 3, 0)).isZero();
        assertThat(sized.at(0, 1, 0)).isZero();
    }

    @Test
    void oddMarginsOfTheCropAreRoundedAsTheReferenceDoesIt() {
        byte[] grey = new byte[7];
        for (int i = 0; i < grey.length; i++) {
            grey[i] = (byte) i;
        }
        Preprocessing tensor = Preprocessing.IMAGENET
                .withResize(new Resize.None())
                .withCrop(new Crop.Centre(1, 4))
                .withArithmetic(Arithmetic.TENSOR);
        assertThat(tensor.sized(Pixels.ofGrey(grey, 1, 7)).at(0, 0, 0)).isEqualTo(1);
        assertThat(tensor.withArithmetic(Arithmetic.PILLOW)
                        .sized(Pixels.ofGrey(grey, 1, 7))
                        .at(0, 0, 0))
                .isEqualTo(2);
    }

    private static Preprocessing transformers(String json) {
        return Preprocessing.ofPreprocessorConfig(json(json), "preprocessor_config.json");
    }

    private static JsonObject json(String text) {
        return JsonParser.parseString(text.replace('\'', '"')).getAsJsonObject();
    }
}
