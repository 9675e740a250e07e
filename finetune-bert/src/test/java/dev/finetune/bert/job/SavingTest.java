package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.calibration.Calibration;
import dev.finetune.checkpoint.Overwrite;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.FinetuneException;
import dev.finetune.peft.Lora;
import dev.finetune.train.OptimizerSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where models and adapters are saved, what is replaced there and what stays, and what a model card tells. */
class SavingTest {
    @TempDir
    private Path folder;

    @TempDir
    private static Path shared;

    private static FineTuned<Text> model;
    private static FineTuned<Text> adapted;

    @BeforeAll
    static void train() throws IOException {
        final Path data = Files.createDirectory(shared.resolve("customers")).resolve("train.tsv");
        final StringBuilder rows = new StringBuilder("text\tlabel\n");
        Jobs.reviews(16, 1)
                .forEach(row -> rows.append(row.input().text())
                        .append('\t')
                        .append(row.label() instanceof Label.Category category ? category.name() : "")
                        .append('\n'));
        Files.writeString(data, rows);
        final Path base = Checkpoints.configured(
                "bert-sequence-classification", shared.resolve("secret").resolve("small-bert"), config -> {});
        model = FineTuner.from(base.toAbsolutePath())
                .head("bad", "good")
                .maxLength(32)
                .lr(2e-3)
                .optimizer(OptimizerSettings.adamW())
                .weightDecay(0.01)
                .earlyStopping(2)
                .epochs(1)
                .fit(TextFiles.tsv(data).classification(), TextFiles.tsv(data).classification());
        adapted = Jobs.classifier().lora(Lora.rank(2)).epochs(1).fitAll(Jobs.data(8, 1));
    }

    @AfterAll
    static void close() {
        model.close();
        adapted.close();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    private void put(String... files) throws IOException {
        for (String file : files) {
            Files.createDirectories(folder.resolve(file).getParent());
            Files.writeString(folder.resolve(file), "theirs");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config.json",
                "model.safetensors",
                "model-00001-of-00002.safetensors",
                "pytorch_model.bin",
                "model.fp16.safetensors",
                "tokenizer.json",
                "preprocessor_config.json",
                "adapter_config.json",
                "onnx/model_quantized.onnx",
                "1_Pooling/config.json"
            })
    void aModelOfSomebodyElseIsRefusedBeforeTrainingAndLeftAlone(String file) throws IOException {
        put(file);
        for (boolean adapter : new boolean[] {false, true}) {
            assertThatThrownBy(() -> {
                        if (adapter) {
                            FineTuned.checkSaveAdapter(folder, Overwrite.OURS);
                        } else {
                            FineTuned.checkSave(folder, Overwrite.OURS);
                        }
                    })
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll(folder.toString(), Path.of(file).toString(), "Overwrite.ANY");
            assertThatThrownBy(() -> {
                        if (adapter) {
                            adapted.saveAdapter(folder);
                        } else {
                            model.save(folder);
                        }
                    })
                    .isInstanceOf(FinetuneException.class);
        }
        assertThat(names()).containsExactly(file);
        assertThat(folder.resolve(file)).hasContent("theirs");
    }

    @Test
    void toldToReplaceNothingOfTheOtherModelIsLeftAndEverythingElseStays() throws IOException {
        put(
                "config.json",
                "model.safetensors.index.json",
                "model-00001-of-00002.safetensors",
                "pytorch_model.bin",
                "tf_model.h5",
                "merges.txt",
                "spiece.model",
                "adapter_config.json",
                "adapter_model.safetensors",
                "onnx/model.onnx",
                "1_Pooling/config.json",
                "1_Pooling/notes.txt",
                "notes.txt",
                "data/model.csv",
                "README.md");

        model.save(folder, Overwrite.ANY);

        assertThat(names())
                .containsExactly(
                        "1_Pooling/notes.txt",
                        "README.md",
                        "config.json",
                        "data/model.csv",
                        "finetune-files.json",
                        "finetune.json",
                        "model.safetensors",
                        "notes.txt",
                        "tokenizer.json",
                        "tokenizer_config.json",
                        "vocab.txt");
        assertThat(folder.resolve("README.md")).hasContent("theirs");
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(Jobs.weights(loaded)).usingRecursiveComparison().isEqualTo(Jobs.weights(model));
        }
    }

    @Test
    void aModelOfOursIsReplacedWholeWithoutAWord() throws IOException {
        model.save(folder);
        final List<String> alone = names();
        put("pytorch_model.bin", "model-00001-of-00002.safetensors", "merges.txt", "adapter_config.json");

        model.save(folder);

        assertThat(names()).isEqualTo(alone);
    }

    @Test
    void anAdapterAndAModelDontShareADirectory() throws IOException {
        model.save(folder.resolve("model"));
        adapted.saveAdapter(folder.resolve("adapter"));
        adapted.saveAdapter(folder.resolve("adapter"));

        assertThatThrownBy(() -> adapted.saveAdapter(folder.resolve("model")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("holds a model", "Overwrite.ANY");
        assertThatThrownBy(() -> adapted.save(folder.resolve("adapter")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("holds an adapter", "Overwrite.ANY");

        adapted.saveAdapter(folder.resolve("model"), Overwrite.ANY);
        assertThat(names().stream().filter(name -> name.startsWith("model/")))
                .containsExactly(
                        "model/README.md",
                        "model/adapter_config.json",
                        "model/adapter_model.safetensors",
                        "model/finetune-files.json",
                        "model/finetune.json");
    }

    @Test
    void aModelCardThatSomebodyChangedStaysAndOursIsReplaced() throws IOException {
        model.save(folder);
        adapted.save(folder);
        assertThat(folder.resolve("README.md")).content().contains("LoRA");

        Files.writeString(folder.resolve("README.md"), "---\nlicense: mit\n---\nOur model.\n");
        model.save(folder);
        assertThat(folder.resolve("README.md")).content().contains("license: mit");
    }

    @Test
    void aPlaceThatCantBeWrittenIsFoundBeforeTraining() throws IOException {
        put("file");
        assertThatThrownBy(() -> FineTuned.checkSave(folder.resolve("file"), Overwrite.ANY))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("is a file");
        assertThatThrownBy(() -> FineTuned.checkSave(folder.resolve("file").resolve("model"), Overwrite.ANY))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("can't be saved", "file");
        assertThatCode(() -> FineTuned.checkSave(folder.resolve("a").resolve("b"), Overwrite.OURS))
                .doesNotThrowAnyException();
        assertThat(names()).containsExactly("file");
    }

    @Test
    void aFileSystemThatTakesNoFilesIsFoundBeforeTraining() {
        final Path none = Path.of("/proc/self");
        assumeThat(none).isDirectory();
        assertThatThrownBy(() -> FineTuned.checkSave(none.resolve("model"), Overwrite.OURS))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("/proc/self", "no file can be written", "Choose another place");
    }

    @Test
    void anInterruptedThreadSavesAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        try {
            model.save(folder);
            adapted.saveAdapter(folder.resolve("adapter"));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(folder.resolve("model.safetensors")).isNotEmptyFile();
        assertThat(folder.resolve("adapter/adapter_model.safetensors")).isNotEmptyFile();
    }

    @Test
    void cardAndRecordNameNoFolderOfThisMachineAndSaySettingsInWords() throws IOException {
        model.save(folder);
        final String card = Files.readString(folder.resolve("README.md"));
        final String record = Files.readString(folder.resolve("finetune.json"));

        for (String text : List.of(card, record, model.provenance().settings())) {
            assertThat(text)
                    .doesNotContain(shared.toString(), "secret", "Optional", "AdamW[", "Decay[")
                    .contains("small-bert", "weight decay 0.01, none of biases and norms");
        }
        assertThat(card).contains("# Fine-tuned from small-bert\n", "customers/train.tsv, 16 rows", "bad, good");
        final List<String> settings = model.provenance().settings().lines().toList();
        assertThat(settings.subList(0, 7))
                .containsExactly(
                        "model: small-bert",
                        "head: one of 2 classes: bad, good",
                        "maximum length: 32 tokens",
                        "learning rate: 0.002",
                        "optimizer: AdamW, betas 0.9 and 0.999, eps 1e-8, weight decay 0.01, none of biases and norms",
                        "epochs: 1",
                        "early stopping: after 2 evaluations without a better main metric");
        assertThat(settings.subList(8, settings.size())).allMatch(line -> line.endsWith(" (default)"));
        final JsonObject saved =
                JsonParser.parseString(record).getAsJsonObject().getAsJsonObject("settings");
        assertThat(saved.get("seed").getAsString()).isEqualTo("42");
    }

    @Test
    void aRecordOfBeforeThereWereKindsIsOneOfOurs() throws IOException {
        model.save(folder);
        Files.writeString(folder.resolve("finetune.json"), "{\"base\": \"/home/me/bert\", \"max_length\": 16}");

        model.save(folder);

        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.labels()).containsExactly("bad", "good");
        }
    }

    @Test
    void aModelSaysWhatItIs() throws IOException {
        assertThat(model).asString().startsWith("FineTuned: one of 2 classes: bad, good; from small-bert; on the CPU");
        assertThat(model.toString()).containsPattern("; accuracy [01]\\.\\d{4}$");
        final FineTuned<Text> closed = Jobs.classifier().untrained(Text.class);
        closed.close();
        assertThat(closed).asString().endsWith("; not evaluated; closed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"config.json", "model.safetensors", "tokenizer.json", "vocab.txt", "finetune.json", "README.md"})
    void whatWasChangedAfterItWasSavedIsRefusedUntilThatIsSaidToBeMeant(String file) throws IOException {
        model.save(folder);
        final byte[] contents = Files.readAllBytes(folder.resolve(file));
        Files.write(folder.resolve(file), changed(contents));
        if (!file.equals("README.md")) {
            assertThatThrownBy(() -> FineTuned.load(folder))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll(
                            folder.resolve(file).toString(), "found", "expected", "delete finetune-files.json");
            Files.delete(folder.resolve("finetune-files.json"));
        }
        FineTuned.load(folder).close();
    }

    /** Still readable: JSON with a line more, or tensors and words with another last letter. */
    private static byte[] changed(byte[] contents) {
        final byte[] changed = contents.clone();
        if (changed[0] == '{' || changed[0] == '[' || changed[0] == '-') {
            final byte[] longer = Arrays.copyOf(changed, changed.length + 1);
            longer[changed.length] = '\n';
            return longer;
        }
        changed[changed.length - 1] ^= 1;
        return changed;
    }

    @Test
    void theLabelsOfOneModelWithTheWeightsOfAnotherAreRefused() throws IOException {
        model.save(folder.resolve("one"));
        try (FineTuned<Text> other =
                Jobs.classifier().head("good", "bad").epochs(1).fitAll(Jobs.data(8, 1))) {
            other.save(folder.resolve("other"));
        }
        Files.copy(
                folder.resolve("other/config.json"),
                folder.resolve("one/config.json"),
                StandardCopyOption.REPLACE_EXISTING);
        final Path mixed = folder.resolve("one");
        assertThatThrownBy(() -> FineTuned.load(mixed))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("config.json", "files of two models were mixed");
        assertThatThrownBy(() -> FineTuner.from(mixed).fit(Jobs.data(8, 1), Jobs.data(8, 1)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("files of two models were mixed");
        assertThatThrownBy(
                        () -> FineTuner.from(mixed.resolve("model.safetensors")).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("files of two models were mixed");

        model.save(mixed);
        FineTuned.load(mixed).close();
    }

    @Test
    void anAdapterThatWasChangedIsRefusedAndSoIsOneThatWasReplacedSinceItWasNamed() throws IOException {
        adapted.saveAdapter(folder);
        final FineTuner named = Jobs.classifier().adapter(folder);
        try (FineTuned<Text> other =
                Jobs.classifier().lora(Lora.rank(4)).epochs(1).fitAll(Jobs.data(8, 1))) {
            other.saveAdapter(folder);
        }
        assertThatThrownBy(() -> named.untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("has been replaced since adapter(...)", "Call adapter(...) again");
        Jobs.classifier().adapter(folder).untrained(Text.class).close();

        Files.writeString(folder.resolve("adapter_config.json"), " ", StandardOpenOption.APPEND);
        assertThatThrownBy(() -> Jobs.classifier().adapter(folder).untrained(Text.class))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("adapter_config.json", "isn't what was saved");
    }

    @Test
    void whatThisLibraryWritesIntoASavedModelBelongsToIt() throws IOException {
        model.save(folder);
        new Calibration(2, List.of(0.25)).write(folder);
        try (Tokenizer tokenizer = Tokenizer.open(folder)) {
            tokenizer.save(folder);
        }
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.calibration()).isEqualTo(new Calibration(2, List.of(0.25)));
        }
        Calibration.NONE.write(folder);
        try (FineTuned<Text> loaded = FineTuned.load(folder)) {
            assertThat(loaded.calibration()).isEqualTo(Calibration.NONE);
        }
    }

    @Test
    void whatIsLeftOfASaveThatDiedIsSweptByTheNext() throws IOException {
        model.save(folder);
        final List<String> alone = names();
        put(".finetune-saving-1/model.safetensors", ".finetune-saving-2/a.tmp", ".finetune.lock");

        model.save(folder);

        assertThat(names()).isEqualTo(alone);
    }

    @Test
    void throughALinkTheDirectoryItselfIsReplaced() throws IOException {
        final Path place = Files.createDirectory(folder.resolve("place"));
        final Path link = Files.createSymbolicLink(folder.resolve("link"), place);
        model.save(link);
        model.save(link);
        assertThat(link).isSymbolicLink();
        FineTuned.load(place).close();
        FineTuned.load(link).close();
    }
}
