package dev.finetune.vision.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import dev.finetune.head.Pooling;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.vision.Image;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that look like ResNets or SqueezeNets and compute something else are refused by name, not computed as those. */
class RelativesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "seresnet18", "ecaresnet26t", "resnetblur18", "resnetaa34d", "resnet50_gn", "skresnet18", "resnetrs50",
                "resnetv2_50", "cspresnet50", "gcresnext26ts", "resnet33ts", "resnet51q", "inception_resnet_v2",
                        "resnest_resnet"
            })
    void anArchitectureThatIsNoPlainResNetIsRefusedByName(String architecture) {
        final Path model = timm(json -> json.addProperty("architecture", architecture));
        assertThatThrownBy(() -> open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(architecture)
                .hasMessageContaining("call it \"resnet\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "resnet18",
                "resnet26t",
                "resnet50d",
                "ResNet50",
                "tv_resnet34",
                "gluon_resnet50_v1c",
                "wide_resnet50_2",
                "resnext50d_32x4d",
                "resnext101_64x4d",
                "swsl_resnext50_32x4d",
                "resnet20",
                "resnet",
                "resnet50.a1_in1k"
            })
    void namesOfPlainOnesAreKnown(String architecture) {
        final Path model = timm(json -> json.addProperty("architecture", architecture));
        try (FineTuned<Image> opened = open(model)) {
            assertThat(opened.loadReport().isComplete()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"output_stride\": 16} | \"output_stride\": 16 is not supported (only 32 is)",
                "{\"global_pool\": \"max\"} | \"global_pool\": \"max\" is not supported (only avg is)",
                "{\"aa_layer\": \"blur\"} | \"aa_layer\": \"blur\" is not supported",
                "{\"block_args\": {\"attn_layer\": \"se\"}} | \"block_args\"",
                "{\"norm_layer\": \"groupnorm\"} | \"norm_layer\": \"groupnorm\" is not supported",
                "{\"replace_stem_pool\": true} | \"replace_stem_pool\": true is not supported",
                "{\"drop_path_rate\": 0.1} | \"drop_path_rate\": 0.1 is not supported",
                "{\"drop_block_rate\": 0.1} | \"drop_block_rate\": 0.1 is not supported",
                "{\"in_chans\": 1} | \"in_chans\": 1 is not supported (only 3 is)",
                "{\"act_layer\": \"prelu\"} | act_layer: The activation \"prelu\" is not supported",
                "{\"drop_rate\": 2} | \"drop_rate\": 2.0",
                "{\"no_such\": 2} | \"no_such\": 2, which is not known",
                "[] | \"model_args\" should be an object",
            })
    void argumentsThatChangeTheComputationAreRefusedByName(String arguments, String says) {
        final Path model = timm(json -> json.add("model_args", JsonParser.parseString(arguments)));
        assertThatThrownBy(() -> open(model))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(says);
    }

    @Test
    void argumentsThatTheTensorsSayTooAndDefaultsAreTaken() {
        final Path model = timm(
                json -> json.add(
                        "model_args",
                        JsonParser.parseString(
                                "{\"output_stride\": 32, \"stem_type\": \"deep\", \"aa_layer\": null, \"act_layer\":"
                                        + " \"relu\", \"drop_path_rate\": 0.0, \"block_args\": {}, \"avg_down\": true, \"in_chans\": 3}")));
        open(model).close();
    }

    @Test
    void whatStandsBesideTheArgumentsIsObeyedOrRefused() {
        assertThatThrownBy(() -> open(timm(json -> json.addProperty("global_pool", "avgmax"))))
                .hasMessageContaining("\"global_pool\": \"avgmax\"");
        assertThatThrownBy(() -> open(timm(json -> json.addProperty("num_features", 512))))
                .hasMessageContaining("\"num_features\" is 512")
                .hasMessageContaining("gives 96");
        assertThatThrownBy(() ->
                        open(timm(json -> json.getAsJsonObject("pretrained_cfg").addProperty("label_offset", 1))))
                .hasMessageContaining("\"label_offset\": 1");
        assertThatThrownBy(() -> open(timm(json -> json.getAsJsonObject("pretrained_cfg")
                        .add("input_size", JsonParser.parseString("[1, 64, 64]")))))
                .hasMessageContaining("only RGB is supported");
    }

    /** What older versions of timm wrote: the entries of pretrained_cfg at the top, and "labels". */
    @Test
    void anOlderConfigurationIsReadAsTheNewOne() {
        final Path model = timm(json -> {
            json.remove("pretrained_cfg").getAsJsonObject().asMap().forEach(json::add);
            json.add("labels", JsonParser.parseString("[\"a\", \"b\", \"c\", \"d\", \"e\"]"));
        });
        try (FineTuned<Image> opened = open(model);
                FineTuned<Image> usual = open(GOLDEN.resolve("resnet-timm/model"))) {
            final Image picture = Image.grey(new byte[90 * 100], 90, 100);
            assertThat(opened.predict(picture).probabilities().keySet())
                    .containsExactlyInAnyOrder("a", "b", "c", "d", "e");
            assertThat(opened.predict(picture).probabilities().values())
                    .containsExactlyElementsOf(
                            usual.predict(picture).probabilities().values());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"[1, 1000000]", "[2147483647, 2147483647]", "[1, 5000]"})
    void moreBlocksThanAnyNetworkHasAreRefusedBeforeTheyArePlanned(String depths) throws IOException {
        final Path config = Files.writeString(
                temp.resolve("config.json"),
                "{\"model_type\": \"resnet\", \"hidden_sizes\": [4, 8], \"depths\": " + depths + "}");
        assertThatThrownBy(() -> FineTuner.from(temp)
                        .initialization(i -> i.randomWeights(true))
                        .head("a", "b")
                        .untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(config.toString())
                .hasMessageContaining("\"depths\" is " + depths);
    }

    @Test
    void tensorsOfTheTrunkThatHaveNoPlaceAreAnErrorInBareFiles() {
        final String attention = "layer1.0.se.fc1.weight";
        final Path file = bare("resnet-torchvision-basic", tensors -> tensors.put(attention, torch.ones(4, 8, 1, 1)));
        assertThatThrownBy(() -> open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(attention)
                .hasMessageContaining("belong to the trunk")
                .hasMessageContaining(file.toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "layer3.9.conv1.weight",
                "conv1.bias",
                "conv2.weight",
                "bn2.running_mean",
                "bn.weight",
                "maxpool.0.weight",
                "layer2.0.downsample.2.weight",
                "layer1.0.conv1.bias",
                "attnpool.q_proj.weight",
                "layer9.0.conv2.fc_q.weight"
            })
    void soIsWhateverAnotherTrunkHas(String tensor) {
        final Path file = bare("resnet-torchvision-basic", tensors -> tensors.put(tensor, torch.ones(4)));
        assertThatThrownBy(() -> open(file)).hasMessageContaining(tensor);
    }

    @ParameterizedTest
    @ValueSource(strings = {"projector.0.weight", "aux_classifier.weight", "queue"})
    void whatOtherHeadsLeaveIsReportedOnly(String tensor) {
        final Path file = bare("resnet-torchvision-basic", tensors -> tensors.put(tensor, torch.ones(4)));
        try (FineTuned<Image> opened = open(file)) {
            assertThat(opened.assembly().report().newlyInitialized()).isEmpty();
        }
    }

    @Test
    void transformersCheckpointsAreHeldToIt() throws IOException {
        final String extra = "resnet.encoder.stages.0.layers.0.attention.weight";
        final Path model = Files.createDirectories(temp.resolve("transformers"));
        Files.copy(GOLDEN.resolve("resnet-basic/model/config.json"), model.resolve("config.json"));
        write(
                GOLDEN.resolve("resnet-basic/model"),
                model.resolve("model.safetensors"),
                tensors -> tensors.put(extra, torch.ones(4)));
        assertThatThrownBy(() -> open(model)).hasMessageContaining(extra);
    }

    @Test
    void aNetworkOfOneOrFourChannelsIsRefusedWhenItIsPutTogether() {
        final Path grey =
                bare("resnet-torchvision-basic", tensors -> tensors.put("conv1.weight", torch.ones(16, 1, 7, 7)));
        assertThatThrownBy(() -> open(grey))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("conv1.weight")
                .hasMessageContaining("reads 1 channel, but pictures have three");
        final Path four = configured("resnet-basic", json -> json.addProperty("num_channels", 4));
        assertThatThrownBy(() -> open(four)).hasMessageContaining("\"num_channels\" is 4 channels");
        try (FineTuned<Image> rgb = open(GOLDEN.resolve("resnet-basic/model"))) {
            assertThatThrownBy(() -> rgb.predict(Image.pixels(new float[64 * 64], 1, 64, 64)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("reads three channels")
                    .hasMessageContaining("not 1");
        }
    }

    @Test
    void normsBeforeTheirConvolutionsAndPartsThatDontFitAreRefused() {
        assertThatThrownBy(() -> open(bare("resnet-torchvision-basic", tensors -> {
                    final long in = tensors.get("layer2.0.conv1.weight").size(1);
                    for (String part : List.of("weight", "bias", "running_mean", "running_var")) {
                        tensors.put("layer2.0.bn1." + part, torch.ones(in));
                    }
                })))
                .hasMessageContaining("layer2.0.bn1")
                .hasMessageContaining("pre-activation");
        assertThatThrownBy(() -> open(bare(
                        "resnet-torchvision-basic",
                        tensors -> tensors.put("layer2.0.conv2.weight", torch.ones(32, 5, 3, 3)))))
                .hasMessageContaining("layer2.0.conv2")
                .hasMessageContaining("reads 5 channels");
        assertThatThrownBy(() -> open(bare(
                        "resnet-torchvision-basic", tensors -> tensors.put("conv1.weight", torch.ones(16, 3, 5, 5)))))
                .hasMessageContaining("conv1")
                .hasMessageContaining("5 x 5");
    }

    @Test
    void aSqueezeNetWithOtherTensorsOrNamesIsRefused() {
        final Path file = temp.resolve("squeeze.safetensors");
        squeezeNet(file, tensors -> {});
        open(file).close();
        squeezeNet(file, tensors -> tensors.put("features.3.squeeze_bn.weight", torch.ones(4)));
        assertThatThrownBy(() -> open(file)).hasMessageContaining("features.3.squeeze_bn.weight");
        squeezeNet(file, tensors -> tensors.put("features.0.weight", torch.ones(8, 1, 3, 3)));
        assertThatThrownBy(() -> open(file))
                .hasMessageContaining("features.0.weight")
                .hasMessageContaining("1 channel");
    }

    @Test
    void picturesTooSmallForTheNetworkAreRefusedWhenItIsPutTogether() {
        final Path file = temp.resolve("squeeze.safetensors");
        squeezeNet(file, tensors -> {});
        final FineTuner tuner = FineTuner.from(file).head("a", "b");
        assertThatThrownBy(() -> tuner.inputs(sized(4)).untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("5 x 5 and larger")
                .hasMessageContaining("inputs(...)");
        try (FineTuned<Image> model = tuner.inputs(sized(5)).untrained(Image.class)) {
            model.predict(Image.grey(new byte[8 * 8], 8, 8));
            assertThatThrownBy(() -> model.predict(Image.pixels(new float[3 * 16], 3, 4, 4)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageStartingWith("Predicting a batch of 1 input: ");
        }
    }

    @Test
    void whatIsForTextsIsRefused() {
        final Path model = GOLDEN.resolve("resnet-basic/model");
        assertThatThrownBy(() ->
                        FineTuner.from(model).head(Heads.features(Pooling.CLS)).untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("embedder(Image.class)");
        assertThatThrownBy(() -> FineTuner.from(model)
                        .batching(b -> b.groupByLength(true))
                        .untrained(Image.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("groupByLength(true)")
                .hasMessageContaining("(Image) have no length");
        FineTuner.from(model)
                .batching(b -> b.groupByLength(false))
                .untrained(Image.class)
                .close();
    }

    /** A ResNet has none of its own: what is said is the one before the classifier. */
    @Test
    void dropoutIsObeyed() {
        final FineTuner tuner = FineTuner.from(GOLDEN.resolve("resnet-basic/model"))
                .head("a", "b")
                .inputs(sized(32))
                .epochs(1);
        final List<Example<Image>> pictures = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final byte[] grey = new byte[32 * 32];
            Arrays.fill(grey, 0, 100 * (i + 1), (byte) 200);
            pictures.add(new Example<>(Image.grey(grey, 32, 32), Label.of(i % 2 == 0 ? "a" : "b")));
        }
        final Dataset<Image> data = Dataset.of(Image.class, pictures);
        try (FineTuned<Image> without = tuner.fitAll(data);
                FineTuned<Image> none = tuner.regularization(r -> r.dropout(0)).fitAll(data);
                FineTuned<Image> half =
                        tuner.regularization(r -> r.dropout(0.5)).fitAll(data)) {
            assertThat(loss(none)).isEqualTo(loss(without));
            assertThat(loss(half)).isNotEqualTo(loss(without));
        }
    }

    private static double loss(FineTuned<Image> tuned) {
        return tuned.history().orElseThrow().steps().get(0).loss();
    }

    private static Preprocessing sized(int side) {
        return Preprocessing.IMAGENET.withResize(new Resize.Exact(side, side)).withCrop(new Crop.None());
    }

    private static FineTuned<Image> open(Path model) {
        return FineTuner.from(model).untrained(Image.class);
    }

    private Path timm(Consumer<JsonObject> change) {
        return configured("resnet-timm", change);
    }

    /** A copy of a golden model with another config.json. */
    private Path configured(String golden, Consumer<JsonObject> change) {
        final Path from = GOLDEN.resolve(golden).resolve("model");
        try {
            final Path to = Files.createTempDirectory(temp, golden);
            final JsonObject json = JsonParser.parseString(Files.readString(from.resolve("config.json")))
                    .getAsJsonObject();
            change.accept(json);
            Files.writeString(to.resolve("config.json"), new Gson().toJson(json));
            Files.copy(from.resolve("model.safetensors"), to.resolve("model.safetensors"));
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A golden state dict without config.json, changed. */
    private Path bare(String golden, Consumer<Map<String, Tensor>> change) {
        final Path file = temp.resolve("bare.safetensors");
        write(GOLDEN.resolve(golden).resolve("model/weights.pth"), file, change);
        return file;
    }

    private static void write(Path from, Path file, Consumer<Map<String, Tensor>> change) {
        try (TensorScope scope = TensorScope.open();
                Weights weights = Weights.open(from)) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name)));
            change.accept(tensors);
            SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
        }
    }

    /** One stem, a pool, one fire module, and a classifier of two. */
    private static void squeezeNet(Path file, Consumer<Map<String, Tensor>> change) {
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("features.0.weight", torch.ones(8, 3, 3, 3));
            tensors.put("features.0.bias", torch.ones(8));
            tensors.put("features.3.squeeze.weight", torch.ones(4, 8, 1, 1));
            tensors.put("features.3.squeeze.bias", torch.ones(4));
            tensors.put("features.3.expand1x1.weight", torch.ones(8, 4, 1, 1));
            tensors.put("features.3.expand1x1.bias", torch.ones(8));
            tensors.put("features.3.expand3x3.weight", torch.ones(8, 4, 3, 3));
            tensors.put("features.3.expand3x3.bias", torch.ones(8));
            tensors.put("classifier.1.weight", torch.ones(2, 16, 1, 1));
            tensors.put("classifier.1.bias", torch.ones(2));
            change.accept(tensors);
            SafetensorsWriter.write(file, tensors, Map.of("format", "pt"));
        }
    }
}
