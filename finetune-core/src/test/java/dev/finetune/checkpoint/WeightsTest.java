package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightsTest {
    static {
        Natives.load();
    }

    @TempDir
    private Path temp;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "all-dtypes.safetensors",
                "all-dtypes.pt",
                "all-dtypes-protocol4.pt",
                "all-dtypes-legacy1.pt",
                "all-dtypes-legacy2.pt",
                "all-dtypes-legacy4.pt",
                "all-dtypes-legacy5.pt",
                "views.pt",
                "views-legacy.pt",
                "zip64.pt",
                "training.pth.tar",
                "training-legacy.pth.tar",
                "sharded",
                "sharded-pickled"
            })
    void everyTensorIsReadAsPythonWroteIt(String file) {
        assertThat(Fixtures.contents(Fixtures.path(file))).isEqualTo(Fixtures.expected(file));
    }

    @Test
    void namesComeInTheOrderOfTheFile() {
        try (Weights weights = Weights.open(Fixtures.path("views.pt"))) {
            assertThat(weights.names()).startsWith("weight", "bias", "base", "tied", "transposed");
        }
    }

    @Test
    void aTensorIsConvertedWhenAskedFor() {
        try (Weights weights = Weights.open(Fixtures.path("all-dtypes.safetensors"));
                Tensor half = weights.read("scalar", DType.F16);
                Tensor whole = weights.read("bool", DType.I64);
                Tensor same = weights.read("f64", DType.F64)) {
            assertThat(Fixtures.text(half)).isEqualTo("float16 [] 8042");
            assertThat(Fixtures.text(whole)).isEqualTo("int64 [3] 010000000000000000000000000000000100000000000000");
            assertThat(Fixtures.text(same))
                    .isEqualTo(Fixtures.expected("all-dtypes.safetensors").get("f64"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"all-dtypes.safetensors", "views.pt"})
    void readingLeavesNothingBehindButTheTensor(String file) {
        try (Weights weights = Weights.open(Fixtures.path(file))) {
            Fixtures.contents(weights);
            // Others may be collected meanwhile, so the count may fall; a leak would raise it.
            long before = Pointer.totalCount();
            for (String name : weights.names()) {
                try (Tensor tensor = weights.read(name, DType.F32)) {
                    assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before + 1);
                }
                assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"all-dtypes.safetensors", "all-dtypes.pt", "all-dtypes-legacy1.pt"})
    void anInterruptedThreadIsToldThatItIs(String file) {
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> Weights.open(Fixtures.path(file)).close())
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining(file)
                    .hasMessageContaining("since the thread is interrupted");
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
        try (Weights weights = Weights.open(Fixtures.path(file))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> Fixtures.contents(weights))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("since the thread is interrupted");
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void aTensorReadInAScopeBelongsToTheScope() {
        try (Weights weights = Weights.open(Fixtures.path("views.pt"))) {
            Tensor tensor;
            try (PointerScope scope = new PointerScope()) {
                tensor = weights.read("column");
                assertThat(tensor.isNull()).isFalse();
            }
            assertThat(tensor.isNull()).isTrue();
        }
    }

    @Test
    void aTensorOutlivesTheWeightsAndTheFile() throws IOException {
        Path file = Files.copy(Fixtures.path("all-dtypes.safetensors"), temp.resolve("model.safetensors"));
        Weights weights = Weights.open(temp);
        try (Tensor tensor = weights.read("f64")) {
            weights.close();
            Files.write(file, new byte[2000]);
            assertThat(Fixtures.text(tensor))
                    .isEqualTo(Fixtures.expected("all-dtypes.safetensors").get("f64"));
        }
    }

    @Test
    void closedWeightsSaySo() {
        Weights weights = Weights.open(Fixtures.path("all-dtypes.safetensors"));
        weights.close();
        assertThatThrownBy(() -> weights.read("f64"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("all-dtypes.safetensors")
                .hasMessageContaining("closed");
    }

    @Test
    void aNameThatIsNotThereIsNamed() {
        for (String file : new String[] {"all-dtypes.safetensors", "views.pt", "sharded"}) {
            try (Weights weights = Weights.open(Fixtures.path(file))) {
                assertThatThrownBy(() -> weights.describe("no.such"))
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining("no.such")
                        .hasMessageContaining(file);
            }
        }
    }

    @Test
    void aDirectorysFilesAreChosenAsTransformersDoes() throws IOException {
        Files.copy(Fixtures.path("views.pt"), temp.resolve("other.pth"));
        assertThat(chosen()).isEqualTo("other.pth");
        Files.copy(Fixtures.path("all-dtypes.safetensors"), temp.resolve("other.safetensors"));
        assertThat(chosen()).isEqualTo("other.safetensors");
        copyAll("sharded-pickled");
        assertThat(chosen()).isEqualTo("pytorch_model-00001-of-00003.bin");
        Files.copy(Fixtures.path("views.pt"), temp.resolve("pytorch_model.bin"));
        assertThat(chosen()).isEqualTo("pytorch_model.bin");
        copyAll("sharded");
        assertThat(chosen()).isEqualTo("model-00001-of-00003.safetensors");
        Files.copy(Fixtures.path("all-dtypes.safetensors"), temp.resolve("model.safetensors"));
        assertThat(chosen()).isEqualTo("model.safetensors");
    }

    @Test
    void aDirectoryWithoutWeightsSaysWhatWasLookedFor() throws IOException {
        Files.writeString(temp.resolve("config.json"), "{}");
        Files.writeString(temp.resolve("training_args.bin"), "no weights");
        assertThatThrownBy(() -> Weights.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(temp.toString())
                .hasMessageContaining("model.safetensors")
                .hasMessageContaining("pytorch_model.bin.index.json");
    }

    @Test
    void twoCandidatesAreNotGuessedBetween() throws IOException {
        Files.copy(Fixtures.path("views.pt"), temp.resolve("a.pth"));
        Files.copy(Fixtures.path("views.pt"), temp.resolve("b.pt"));
        assertThatThrownBy(() -> Weights.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("a.pth, b.pt");
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        assertThatThrownBy(() -> Weights.open(temp.resolve("none.pt")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("none.pt");
    }

    @Test
    void aPointerOfGitLfsIsRecognised() {
        assertThatThrownBy(() -> Weights.open(Fixtures.path("lfs.safetensors")))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("Git LFS");
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        copyAll("sharded");
        Files.delete(temp.resolve("model-00002-of-00003.safetensors"));
        assertThatThrownBy(() -> Weights.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("model-00002-of-00003.safetensors")
                .hasMessageContaining("model.safetensors.index.json");
    }

    @Test
    void aShardWithoutATensorOfTheIndexIsNamed() throws IOException {
        copyAll("sharded");
        Files.copy(
                Fixtures.path("sharded/model-00001-of-00003.safetensors"),
                temp.resolve("model-00002-of-00003.safetensors"),
                StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Weights.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("'f16'")
                .hasMessageContaining("model-00002-of-00003.safetensors");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "{\"weight_map\": 3}",
                "{\"weight_map\": {}}",
                "{\"weight_map\": {\"a\": 3.5}}",
                "{\"weight_map\": {\"a\": {}}}",
                "{\"weight_map\": {\"a\": \"../model.safetensors\"}}",
                "{\"weight_map\": {\"a\": \"/etc/passwd\"}}",
                "{\"weight_map\": {\"a\": \"model.safetensors.index.json\"}}",
                "{\"weight_map\": {\"a\": "
            })
    void anIndexThatIsNotOneIsRefused(String text) throws IOException {
        Files.writeString(temp.resolve("model.safetensors.index.json"), text);
        assertThatThrownBy(() -> Weights.open(temp))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("model.safetensors.index.json");
    }

    private String chosen() {
        try (Weights weights = Weights.open(temp)) {
            return weights.files().get(0).getFileName().toString();
        }
    }

    private void copyAll(String directory) throws IOException {
        try (Stream<Path> files = Files.list(Fixtures.path(directory))) {
            for (Path file : files.toList()) {
                Files.copy(file, temp.resolve(file.getFileName()));
            }
        }
    }
}
