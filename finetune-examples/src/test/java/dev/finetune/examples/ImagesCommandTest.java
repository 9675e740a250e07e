package dev.finetune.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.FineTuned;
import dev.finetune.examples.drawing.GardenPictures;
import dev.finetune.vision.Image;
import dev.finetune.vision.ImageFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands on pictures, with a ResNet that is four channels wide and a few drawings. */
class ImagesCommandTest {
    @TempDir
    static Path folder;

    private static Path model = Path.of("");
    private static Path garden = Path.of("");

    @BeforeAll
    static void pretrainAndDraw() {
        model = folder.resolve("resnet");
        garden = folder.resolve("garden");
        CommandLineRun.of(
                        "pretrain-images",
                        "--out",
                        model.toString(),
                        "--steps",
                        "3",
                        "--widths",
                        "4,8",
                        "--depths",
                        "1,1",
                        "--size",
                        "32",
                        "--batch",
                        "8",
                        "--validation",
                        "64")
                .well();
        GardenPictures.write(garden, 7, 6);
    }

    private static CommandLineRun images(String... options) {
        final List<String> all = new ArrayList<>(List.of(
                "images", "--model", model.toString(), "--train", garden.toString(), "--epochs", "1", "--batch", "8"));
        all.addAll(List.of(options));
        return CommandLineRun.of(all.toArray(new String[0]));
    }

    private static List<Path> pictures() throws IOException {
        try (Stream<Path> files = Files.walk(garden)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void theLastLineIsAJsonObjectWithTheKeysOfText() {
        final CommandLineRun run = images("--eval", "0.4").well();

        assertThat(run.json().keySet())
                .containsExactly(
                        "what",
                        "accuracy_per_epoch",
                        "evaluation",
                        "end",
                        "import_s",
                        "tokenize_s",
                        "train_s",
                        "total_s",
                        "train_samples",
                        "samples_per_s",
                        "peak_rss_mb");
        assertThat(run.json().get("what").getAsString()).isEqualTo("images");
        assertThat(run.json().getAsJsonArray("accuracy_per_epoch")).hasSize(1);
        assertThat(run.json().getAsJsonObject("evaluation").has("accuracy")).isTrue();
    }

    @Test
    void theAugmentedBatchAndTheMistakesAreWrittenAndTheModelIsSaved() throws IOException {
        final Path sheet = folder.resolve("batch.png");
        final Path mistakes = folder.resolve("mistakes.png");
        final Path out = folder.resolve("tuned");
        final CommandLineRun run = images(
                        "--eval",
                        "0.5",
                        "--augment",
                        "random-resized-crop:32,flip,color-jitter,random-erasing:0.5,mixup:0.2",
                        "--sheet",
                        sheet.toString(),
                        "--mistakes",
                        mistakes.toString(),
                        "--out",
                        out.toString(),
                        "--predict",
                        pictures().get(0).toString())
                .well();

        assertThat(ImageIO.read(sheet.toFile()).getWidth()).isGreaterThan(100);
        assertThat(ImageIO.read(mistakes.toFile()).getWidth()).isGreaterThan(100);
        assertThat(run.text()).contains(pictures().get(0) + "\n  ");
        try (FineTuned<Image> loaded = FineTuned.load(out)) {
            assertThat(loaded.predict(Image.of(pictures().get(0))).label()).isIn(loaded.labels());
        }
    }

    @Test
    void stagesAreFrozenByTheirNameAndBatchNormsEverywhere() {
        final String summary = images("--freeze", "layer1", "--freeze-batch-norms", "--summary")
                .well()
                .text();

        assertThat(summary).containsPattern("(?m)^stem .* frozen$");
        assertThat(summary).containsPattern("(?m)^layer1 .* frozen$");
        assertThat(summary).containsPattern("(?m)stages.1.*convolution.weight .* trained$");
        assertThat(summary).containsPattern("(?m)stages.1.*normalization.weight .* frozen$");
    }

    @Test
    void gentleTrainingIsSaidInOptions() throws IOException {
        final Path out = folder.resolve("gentle");
        images(
                        "--schedule",
                        "one_cycle",
                        "--layer-decay",
                        "0.8",
                        "--gradual-unfreezing",
                        "0.25",
                        "--ema",
                        "0.9",
                        "--out",
                        out.toString())
                .well();

        assertThat(out.resolve("README.md"))
                .content()
                .contains("one cycle")
                .contains("layer decay: 0.8")
                .contains("gradual unfreezing: one more stage every 0.25 epochs")
                .contains("weight average: exponential, decay 0.9");
        assertThat(images("--ema", "0.9", "--swa", "0.5").errors()).contains("--ema and --swa");
        assertThat(images("--swa", "1.5").errors()).contains("--swa 1.5");
        assertThat(images("--layer-decay", "0").errors()).contains("--layer-decay must");
    }

    @Test
    void aTableOfPathsIsReadAsAFolderIs() throws IOException {
        final List<String> rows = new ArrayList<>(List.of("file,kind"));
        for (Path picture : pictures()) {
            rows.add(garden.relativize(picture) + "," + picture.getParent().getFileName());
        }
        final Path table = Files.write(garden.resolve("garden.csv"), rows);

        final CommandLineRun run = CommandLineRun.of(
                        "images",
                        "--model",
                        model.toString(),
                        "--train",
                        table.toString(),
                        "--label-column",
                        "kind",
                        "--eval",
                        table.toString(),
                        "--limit",
                        "12",
                        "--epochs",
                        "1",
                        "--head-only")
                .well();
        Files.delete(table);

        assertThat(run.json().get("train_samples").getAsInt()).isEqualTo(12);
    }

    @Test
    void theSizeAndThePreprocessingAreTakenOver() {
        final Path out = folder.resolve("sized");
        images("--size", "48", "--preprocess", "squeezenet-caffe", "--random-weights", "--out", out.toString())
                .well();

        assertThat(out.resolve("preprocessor_config.json"))
                .content()
                .contains("48")
                .contains("123");
    }

    @Test
    void whatIsUnknownIsNamedWithWhatThereIs() {
        assertThat(images("--augment", "sepia").errors())
                .contains("--augment sepia")
                .contains("trivial-augment");
        assertThat(images("--preprocess", "other").errors())
                .contains("--preprocess other")
                .contains("cifar");
        assertThat(images("--freeze", "layer9").errors()).contains("layer9").contains("layer2");
        assertThat(images("--task", "tokens").errors()).contains("tokens").contains("multi-label");
    }

    @Test
    void whatIsHeldBackFollowsTheSeed() {
        final ImageData data = CommandLine.populateCommand(new ImageData(), "--train", garden.toString());
        for (long seed : new long[] {42, 7}) {
            assertThat(data.read(seed).evaluation().asList())
                    .isEqualTo(
                            ImageFolder.of(garden).split(0.1, seed).validation().asList());
        }
        assertThat(data.read(7).evaluation().asList())
                .isNotEqualTo(data.read(42).evaluation().asList());
    }

    @Test
    void aModelIsSavedBeforeAnythingThatMayFailAfterwards() throws IOException {
        final Path broken = Files.writeString(folder.resolve("broken.png"), "no picture");
        final Path out = folder.resolve("kept");
        final CommandLineRun run = images("--predict", broken.toString(), "--out", out.toString());

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.errors()).contains("broken.png");
        assertThat(out.resolve("model.safetensors")).exists();
    }

    @Test
    void whatWouldFailInTheEndIsRefusedBeforeTraining() {
        final Path there = garden.resolve("no-such.png");
        isRefused(images("--predict", there.toString()), "--predict " + there);
        isRefused(images("--adapter-out", folder.resolve("adapter").toString()), "--adapter-out", "--lora", "--ia3");
        isRefused(images("--out", model.resolve("config.json").toString()), "--out", "is a file");
    }

    private static void isRefused(CommandLineRun run, String... words) {
        assertThat(run.status()).isIn(1, 2);
        assertThat(run.errors()).contains(words);
        assertThat(run.lines()).isEmpty();
    }

    @Test
    void theQuickstartRunsFromEndToEnd() {
        final Path out = folder.resolve("quickstart");
        final CommandLineRun run = CommandLineRun.of(
                        "image-quickstart",
                        "--model",
                        model.toString(),
                        "--out",
                        out.toString(),
                        "--pictures",
                        "6",
                        "--epochs",
                        "1")
                .well();

        assertThat(run.text()).contains("pretrained").contains("from random weights");
        assertThat(out.resolve("augmented-batch.png")).exists();
        assertThat(out.resolve("model.safetensors")).exists();
        assertThat(run.text()).contains(out.resolve("example.png").toString());
        CommandLineRun.of(
                        "explain",
                        "--model",
                        out.toString(),
                        "--image",
                        out.resolve("example.png").toString(),
                        "--out",
                        folder.resolve("why.png").toString())
                .well();
    }
}
