package dev.finetune.bert.job;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model of pictures where only families of texts are there. */
class MissingFamilyTest {
    @TempDir
    private Path folder;

    @Test
    void namesTheArtifactsThatBringFamiliesAndWhatAFatJarMayHaveLost() throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "resnet", "architectures": ["ResNetForImageClassification"]}
                """);
        Files.copy(
                Jobs.model("bert-sequence-classification").resolve("model.safetensors"),
                folder.resolve("model.safetensors"));

        assertThatThrownBy(() -> FineTuned.load(folder))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("\"resnet\"")
                .hasMessageContaining("BERT")
                .hasMessageContaining("finetune-vision")
                .hasMessageContaining("META-INF/services")
                .hasMessageContaining("dev.finetune.spi.ImageModelFamily")
                .hasMessageContaining("ServicesResourceTransformer")
                .hasMessageContaining("mergeServiceFiles()");
    }
}
