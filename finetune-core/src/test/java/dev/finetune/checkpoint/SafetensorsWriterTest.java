package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.Natives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsWriterTest {
    static {
        Natives.load();
    }

    @TempDir
    private Path temp;

    @Test
    void theFileIsByteForByteWhatPythonWrites() throws IOException {
        Path file = temp.resolve("model.safetensors");
        try (PointerScope scope = new PointerScope()) {
            SafetensorsWriter.write(file, fixture("all-dtypes.pt"), Map.of("format", "pt"));
        }
        assertThat(file).hasSameBinaryContentAs(Fixtures.path("all-dtypes.safetensors"));
        assertThat(names()).containsExactly("model.safetensors");
    }

    @Test
    void tensorsWithStridesOfTheirOwnAreWrittenRowMajor() {
        Path file = temp.resolve("model.safetensors");
        try (PointerScope scope = new PointerScope()) {
            Tensor base = torch.arange(new Scalar(6)).reshape(2, 3);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            tensors.put("transposed", base.t());
            tensors.put("tied", base);
            tensors.put("base", base);
            tensors.put("trained", torch.ones(2).requires_grad_(true));
            SafetensorsWriter.write(file, tensors, Map.of());
        }
        Map<String, String> contents = Fixtures.contents(file);
        assertThat(contents.keySet()).containsExactly("base", "tied", "transposed", "trained");
        assertThat(contents.get("tied")).isEqualTo(contents.get("base"));
        assertThat(contents.get("trained")).isEqualTo("float32 [2] 0000803f0000803f");
        assertThat(contents.get("transposed"))
                .isEqualTo("int64 [3, 2] " + "00".repeat(8) + "03" + "00".repeat(7) + "01" + "00".repeat(7) + "04"
                        + "00".repeat(7) + "02" + "00".repeat(7) + "05" + "00".repeat(7));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 50, 80, 100, 188})
    void shardsAreReadBackWhateverTheirSize(long maxShardBytes) throws IOException {
        List<Path> written;
        try (PointerScope scope = new PointerScope()) {
            written = SafetensorsWriter.writeSharded(temp, fixture("all-dtypes.pt"), maxShardBytes);
        }
        assertThat(written.get(written.size() - 1)).hasFileName("model.safetensors.index.json");
        assertThat(written).hasSameSizeAs(names());
        assertThat(Fixtures.contents(temp)).isEqualTo(Fixtures.expected("all-dtypes.pt"));
    }

    @Test
    void shardsAreCutWhereTransformersCutsThem() throws IOException {
        try (PointerScope scope = new PointerScope()) {
            SafetensorsWriter.writeSharded(temp, fixture("all-dtypes.pt"), 80);
        }
        try (Stream<Path> shards = Files.list(Fixtures.path("sharded"))) {
            for (Path shard : shards.toList()) {
                Path ours = temp.resolve(shard.getFileName());
                if (shard.toString().endsWith(".json")) {
                    assertThat(json(ours)).isEqualTo(json(shard));
                } else {
                    assertThat(ours).hasSameBinaryContentAs(shard);
                }
            }
        }
    }

    @Test
    void whatFitsOneShardIsOneFileAndReplacesOlderOnes() throws IOException {
        Files.writeString(temp.resolve("config.json"), "{}");
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> tensors = fixture("all-dtypes.pt");
            SafetensorsWriter.writeSharded(temp, tensors, 80);
            SafetensorsWriter.writeSharded(temp, tensors, SafetensorsWriter.DEFAULT_MAX_SHARD_BYTES);
            assertThat(names()).containsExactly("config.json", "model.safetensors");
            SafetensorsWriter.writeSharded(temp, tensors, 80);
            assertThat(names()).doesNotContain("model.safetensors").contains("model.safetensors.index.json");
        }
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = Files.writeString(temp.resolve("model.safetensors"), "old");
        try (Tensor closed = torch.ones(2);
                Tensor complex = torch.ones(2).to(ScalarType.ComplexFloat)) {
            assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of("c", complex), Map.of()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("'c'")
                    .hasMessageContaining("ComplexFloat");
            assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of("__metadata__", closed), Map.of()))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("__metadata__");
        }
        assertThat(file).hasContent("old");
        assertThat(names()).containsExactly("model.safetensors");
    }

    @Test
    void aDirectoryThatIsNotThereIsNamed() {
        Path file = temp.resolve("none").resolve("model.safetensors");
        assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of(), Map.of()))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void writingLeavesNoNativeHandles() {
        try (Tensor tensor = torch.ones(3, 4);
                Tensor view = tensor.t()) {
            SafetensorsWriter.write(temp.resolve("a.safetensors"), Map.of("a", view), Map.of());
            // Others may be collected meanwhile, so the count may fall; a leak would raise it.
            long before = Pointer.totalCount();
            SafetensorsWriter.write(temp.resolve("a.safetensors"), Map.of("a", view), Map.of());
            assertThat(Pointer.totalCount()).isLessThanOrEqualTo(before);
        }
    }

    private static Map<String, Tensor> fixture(String file) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        try (Weights weights = Weights.open(Fixtures.path(file))) {
            weights.names().forEach(name -> tensors.put(name, weights.read(name)));
        }
        return tensors;
    }

    private static JsonObject json(Path file) {
        return JsonParser.parseString(Fixtures.text(file)).getAsJsonObject();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(temp)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
