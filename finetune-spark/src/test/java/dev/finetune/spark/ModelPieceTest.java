package dev.finetune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelPieceTest {
    @TempDir
    Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = folder.resolve("model");
        Files.createDirectories(model.resolve("1_Pooling"));
        Files.writeString(model.resolve("config.json"), "{}");
        Files.writeString(model.resolve("1_Pooling/config.json"), "{\"a\": 1}");
        Files.createFile(model.resolve("empty.txt"));
        Files.write(model.resolve("model.safetensors"), new byte[ModelPiece.SIZE + 1]);
    }

    @Test
    void aModelArrivesFileByFile() {
        final Path arrived = folder.resolve("arrived");
        final List<ModelPiece> pieces = ModelPiece.of(model);
        assertThat(pieces).hasSize(5);
        ModelPiece.write(pieces, arrived);
        assertThat(Fingerprint.of(arrived)).isEqualTo(Fingerprint.of(model));
    }

    @Test
    void aFingerprintIsOfNamesAndContents() throws IOException {
        final String before = Fingerprint.of(model);
        Files.writeString(model.resolve("config.json"), "[]");
        final String changed = Fingerprint.of(model);
        Files.move(model.resolve("config.json"), model.resolve("configs.json"));
        assertThat(List.of(before, changed, Fingerprint.of(model))).doesNotHaveDuplicates();
    }

    @Test
    void nothingIsWrittenOutsideOfTheModelsDirectory() {
        assertThatThrownBy(() -> ModelPiece.append(model, "../escaped", new byte[1]))
                .isInstanceOf(FinetuneException.class);
        assertThat(folder.resolve("escaped")).doesNotExist();
    }

    @Test
    void aModelThatTheDriverWouldNotTakeStaysAndItsPlaceIsTold() {
        assertThatCode(() -> TrainingTask.refuseTooLarge(model, 1 << 30)).doesNotThrowAnyException();
        assertThatCode(() -> TrainingTask.refuseTooLarge(model, 0)).doesNotThrowAnyException(); // No bound.
        assertThatThrownBy(() -> TrainingTask.refuseTooLarge(model, 1 << 20))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("16 MB are more")
                .hasMessageContaining(model.toString());
    }
}
