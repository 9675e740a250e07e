package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names that safetensors' save_model left out: {@code {"left out": "kept"}} in the metadata. */
class TensorAliasesTest {
    @TempDir
    private Path folder;

    private static void write(Path file, Map<String, String> metadata, String... names) {
        try (TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : names) {
                tensors.put(name, torch.ones(2));
            }
            SafetensorsWriter.write(file, tensors, metadata);
        }
    }

    @Test
    void aFileSaysWhichNameStandsForWhichTensor() {
        final Path file = folder.resolve("model.safetensors");
        write(
                file,
                Map.of("format", "pt", "decoder.weight", "words.weight", "words.weight", "words.weight"),
                "words.weight");
        try (Weights weights = Weights.open(file)) {
            assertThat(weights.names()).containsExactly("words.weight");
            assertThat(weights.aliases()).containsExactly(Map.entry("decoder.weight", "words.weight"));
        }
    }

    @Test
    void anIndexSaysItForItsShardsAndShardsForThemselves() throws IOException {
        write(folder.resolve("a.safetensors"), Map.of("own.weight", "words.weight"), "words.weight");
        write(folder.resolve("b.safetensors"), Map.of("format", "pt"), "norm.weight");
        final Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(
                index,
                "{\"metadata\": {\"total_size\": 16, \"decoder.weight\": \"words.weight\"}, \"weight_map\":"
                        + " {\"words.weight\": \"a.safetensors\", \"norm.weight\": \"b.safetensors\"}}");
        try (Weights weights = Weights.open(folder)) {
            assertThat(weights.aliases())
                    .containsOnly(Map.entry("decoder.weight", "words.weight"), Map.entry("own.weight", "words.weight"));
        }
    }

    @Test
    void aTensorThatWasKeptButIsMissingIsRefused() {
        final Path file = folder.resolve("model.safetensors");
        write(file, Map.of("decoder.weight", "words.weight", "note", "a word"), "norm.weight");
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("decoder.weight")
                .hasMessageContaining("'words.weight', which isn't there");
    }

    @Test
    void whatTrainingLeavesBehindIsNoWeights() throws IOException {
        write(folder.resolve("tuned.safetensors"), Map.of(), "norm.weight");
        Files.move(folder.resolve("tuned.safetensors"), folder.resolve("tuned.pth"));
        for (String name : new String[] {"rng_state.pth", "rng_state_1.pth", "scaler.pt", "training_args.bin"}) {
            Files.writeString(folder.resolve(name), "x");
        }
        try (Weights weights = Weights.open(folder)) {
            assertThat(weights.files()).containsExactly(folder.resolve("tuned.pth"));
        }
    }
}
