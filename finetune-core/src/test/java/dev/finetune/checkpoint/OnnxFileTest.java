package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What make_onnx_fixtures.py wrote is read under the network's names: elements count from 0 in the order of the file. */
class OnnxFileTest {
    private static final String EXTERNAL = "tiny-external.onnx";

    @TempDir
    private Path folder;

    private static float[] read(Weights weights, String name) {
        try (TensorScope scope = TensorScope.open()) {
            final Tensor tensor = weights.read(name, DType.F32);
            return Tensors.floats(tensor);
        }
    }

    /** The file whose elements are in another one, and which says that they are elsewhere. */
    private Path putting(String location) throws IOException {
        final String said = "tiny.onnx_data";
        assertThat(location).hasSize(said.length());
        final String bytes = Files.readString(Fixtures.path(EXTERNAL), StandardCharsets.ISO_8859_1);
        Files.copy(Fixtures.path(said), folder.resolve(said));
        return Files.writeString(folder.resolve(EXTERNAL), bytes.replace(said, location), StandardCharsets.ISO_8859_1);
    }

    @Test
    void namesAndOrderAreThoseOfTheNetwork() {
        try (Weights weights = Weights.open(Fixtures.path("tiny.onnx"))) {
            assertThat(weights.names())
                    .containsExactlyInAnyOrder(
                            "net.first.weight",
                            "net.first.bias",
                            "net.second.weight",
                            "net.second.bias",
                            "net.third.weight",
                            "other.scale.weight");
            assertThat(weights.describe("net.first.weight").shape()).containsExactly(3, 2);
            assertThat(read(weights, "net.first.weight")).containsExactly(0, 3, 1, 4, 2, 5);
            assertThat(read(weights, "net.third.weight")).containsExactly(0, 2, 1, 3);
            assertThat(weights.aliases()).isEqualTo(Map.of("net.third.bias", "net.second.bias"));
        }
    }

    @Test
    void elementsAreReadFromEveryFieldThatMayHoldThem() {
        try (Weights weights = Weights.open(Fixtures.path("tiny.onnx"))) {
            assertThat(read(weights, "net.first.bias")).containsExactly(0, 1, 2);
            assertThat(weights.describe("net.second.weight").dtype()).isEqualTo(DType.F16);
            assertThat(read(weights, "net.second.weight")).containsExactly(0, 1, 2, 3, 4, 5);
            assertThat(weights.describe("net.second.bias").dtype()).isEqualTo(DType.BF16);
            assertThat(read(weights, "net.second.bias")).containsExactly(0, 1);
            assertThat(read(weights, "other.scale.weight")).containsExactly(0, 1, 2, 3);
        }
    }

    @Test
    void aPlaceOfElementsThatWasNotOpenedIsNamed() throws IOException {
        try (OnnxExternal none = OnnxExternal.open(folder.resolve("model.onnx"), List.of())) {
            assertThatThrownBy(() -> none.channel("other.data"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("model.onnx", "'other.data'");
        }
    }

    @Test
    void theFileIsKnownByItsContents() throws IOException {
        final Path other = Files.copy(Fixtures.path("tiny.onnx"), folder.resolve("weights.bin"));
        try (Weights weights = Weights.open(other)) {
            assertThat(weights.names()).contains("net.first.weight");
        }
    }

    @Test
    void elementsBesideTheFileAreReadAndACommonPrefixIsDropped() {
        try (Weights weights = Weights.open(Fixtures.path(EXTERNAL))) {
            assertThat(weights.names()).containsExactlyInAnyOrder("first.weight", "first.bias");
            assertThat(read(weights, "first.weight")).containsExactly(0, 3, 1, 4, 2, 5);
            assertThat(weights.files()).containsExactly(Fixtures.path(EXTERNAL), Fixtures.path("tiny.onnx_data"));
            assertThat(weights.notes()).singleElement().asString().contains("'model.'");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/etc/os-releas", "../x/../../etc", "tiny.onn/../..", "..\\..\\..\\..\\..", "./././././././"})
    void noElementsAreReadFromOutsideOfTheDirectory(String location) throws IOException {
        final Path file = putting(location);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), location, "no file in its directory");
    }

    @Test
    void aFileOfElementsThatIsMissingOrShortIsTold() throws IOException {
        final Path file = putting("tiny.onnx_data");
        final Path data = folder.resolve("tiny.onnx_data");
        Files.write(data, new byte[20]);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "tiny.onnx_data", "20 bytes");
        Files.delete(data);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "tiny.onnx_data", "no such file");
    }

    @Test
    void aShapeOfMoreElementsThanThereAreIsRefused() throws IOException {
        final byte[] bytes = Files.readAllBytes(Fixtures.path("tiny.onnx"));
        final String text = new String(bytes, StandardCharsets.ISO_8859_1);
        final int bias = text.indexOf("net.first.bias", text.indexOf("tiny"));
        bytes[text.lastIndexOf("\u0008\u0003", bias) + 1] = 4;
        final Path file = Files.write(folder.resolve("model.onnx"), bytes);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "net.first.bias", "should have 16 bytes", "has 12");
    }

    /** A product that scales the matrix, or turns what it multiplies, as an optimizer may leave it. */
    @Test
    void aMatrixThatAProductTakesOtherwiseThanALayerIsRefused() throws IOException {
        final String text = Files.readString(Fixtures.path("tiny.onnx"), StandardCharsets.ISO_8859_1);
        assertThat(text).contains("transB");
        final Path file = Files.writeString(
                folder.resolve("model.onnx"), text.replace("transB", "transA"), StandardCharsets.ISO_8859_1);
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "Gemm", "transA", "before it was optimized");
    }

    @Test
    void whatIsNoModelIsTold() throws IOException {
        final Path file = Files.writeString(folder.resolve("model.onnx"), "no model at all");
        assertThatThrownBy(() -> Weights.open(file))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll(file.toString(), "no ONNX model");
    }
}
