package dev.finetune.vision.family;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.fuzz.CheckpointMutation;
import dev.finetune.fuzz.FilesMutation;
import dev.finetune.fuzz.FuzzedReader;
import dev.finetune.fuzz.FuzzedReaders;
import dev.finetune.vision.Image;
import dev.finetune.vision.image.Crop;
import dev.finetune.vision.image.ImageEncoder;
import dev.finetune.vision.image.Preprocessing;
import dev.finetune.vision.image.Resize;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whole checkpoints of networks for pictures of which something was changed: they are refused, or predict finite numbers. */
public final class CheckpointReaders implements FuzzedReaders {
    private static final long HEAP = 16L << 20;
    private static final int LARGEST = 128;
    private static final String TIMM = "/golden/resnet-timm-silu/model/config.json";
    private static final String PREPROCESSING =
            "{\"image_mean\":[0.5,0.5,0.5],\"image_std\":[0.5,0.5,0.5],\"size\":{\"shortest_edge\":24},\"do_resize\":true,"
                    + "\"crop_pct\":0.875,\"resample\":3,\"rescale_factor\":0.00392156862745098,\"do_normalize\":true}";
    private static final String NETWORK = """
            {"model_type":"resnet","depths":[1,1],"hidden_sizes":[4,8],"embedding_size":4,"layer_type":"LAYER","hidden_act":"relu",
             "num_channels":3,"downsample_in_bottleneck":false,"downsample_in_first_stage":false}
            """;

    @Override
    public List<FuzzedReader> readers() throws IOException {
        return List.of(CheckpointMutation.reader(
                "checkpoint-pictures",
                List.of(saved("basic"), saved("bottleneck"), files(timm())),
                HEAP,
                CheckpointReaders::loadAndPredict));
    }

    private static Map<String, byte[]> saved(String layer) throws IOException {
        final Path blank = Files.createTempDirectory("finetune-small");
        Files.writeString(blank.resolve("config.json"), NETWORK.replace("LAYER", layer));
        Files.writeString(blank.resolve("preprocessor_config.json"), PREPROCESSING);
        final Path saved = blank.resolve("saved");
        try (FineTuned<Image> model = FineTuner.from(blank)
                .initialization(i -> i.randomWeights(true))
                .seed(1)
                .head("a", "b")
                .untrained(Image.class)) {
            model.save(saved);
        }
        return files(saved);
    }

    private static Path timm() {
        try {
            return Path.of(CheckpointReaders.class.getResource(TIMM).toURI()).getParent();
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** What is there without the checksums, which would refuse every change. */
    private static Map<String, byte[]> files(Path directory) throws IOException {
        final Map<String, byte[]> files = new TreeMap<>(FilesMutation.read(directory));
        files.keySet().removeIf(name -> name.equals("finetune-files.json") || name.endsWith(".md"));
        return files;
    }

    private static void loadAndPredict(Path directory) {
        try (FineTuned<Image> model = FineTuned.load(directory)) {
            if (!isSmall(((ImageEncoder) model.assembly().encoder()).preprocessing())) {
                return; // A changed file may ask for pictures of up to 4096 pixels a side, which take their time.
            }
            model.predict(Image.of(new BufferedImage(20, 30, BufferedImage.TYPE_INT_RGB)))
                    .logits()
                    .forEach(row -> {
                        for (float logit : row) {
                            assertThat(logit).isFinite();
                        }
                    });
        }
    }

    private static boolean isSmall(Preprocessing preprocessing) {
        final int edge = preprocessing.resize() instanceof Resize.ShortestEdge shortest ? shortest.length() : 0;
        final int height = preprocessing.resize() instanceof Resize.Exact exact ? exact.height() : edge;
        final int width = preprocessing.resize() instanceof Resize.Exact exact ? exact.width() : edge;
        final boolean cut = preprocessing.crop() instanceof Crop.Centre centre
                && Math.max(centre.height(), centre.width()) > LARGEST;
        return Math.max(height, width) <= LARGEST && !cut;
    }
}
