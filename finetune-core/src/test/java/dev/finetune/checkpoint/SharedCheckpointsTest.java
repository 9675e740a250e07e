package dev.finetune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Real checkpoints, too large for this repository; skipped where they can't be found. */
class SharedCheckpointsTest {
    @Test
    void oneNetworksWeightsAreTheSameInAllThreeFormats() {
        Path model = model("resnet-timm");
        Map<String, String> safetensors = Fixtures.contents(model.resolve("model.safetensors"));
        assertThat(safetensors).isNotEmpty();
        assertThat(Fixtures.contents(model.resolve("weights.pth"))).containsAllEntriesOf(safetensors);
        assertThat(Fixtures.contents(model.resolve("weights-legacy.pth"))).containsAllEntriesOf(safetensors);
    }

    @Test
    void aTrainingScriptsCheckpointHoldsTheWeightsThatWereSavedAlone() {
        Path model = model("resnet-torchvision-basic");
        Map<String, String> weights = Fixtures.contents(model.resolve("weights.pth"));
        assertThat(weights).containsKey("conv1.weight");
        assertThat(Fixtures.contents(model.resolve("checkpoint-legacy.pth.tar")))
                .isEqualTo(weights);
    }

    private static Path model(String name) {
        Path directory = Path.of(System.getProperty("finetune.shared", "../shared"), "golden", "cases", name, "model");
        assumeTrue(Files.isDirectory(directory), () -> "skipped: no checkpoints at " + directory);
        return directory;
    }
}
