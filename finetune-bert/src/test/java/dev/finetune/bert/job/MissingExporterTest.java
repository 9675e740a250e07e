package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Exporting where nothing is there that writes ONNX. */
class MissingExporterTest {
    @TempDir
    private Path folder;

    @Test
    void namesTheArtifactAndWritesNothing() {
        try (FineTuned<Text> model =
                FineTuner.from(Jobs.model("bert-sequence-classification")).untrained(Text.class)) {
            assertThatThrownBy(() -> model.exportOnnx(folder.resolve("out")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("dev.finetune:finetune-onnx")
                    .hasMessageContaining("META-INF/services/dev.finetune.spi.OnnxExporter");
            assertThat(folder.resolve("out")).doesNotExist();
        }
    }
}
