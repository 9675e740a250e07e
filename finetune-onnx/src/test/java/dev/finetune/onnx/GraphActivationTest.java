package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.head.Heads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A graph without config.json computes with the activation function that it was exported with, or is refused. */
class GraphActivationTest {
    @TempDir
    private Path folder;

    private static FineTuner tuner(Path directory) {
        return FineTuner.from(directory).head(Heads.classes("a", "b", "c")).initialization(i -> i.keepHead(true));
    }

    private Path checkpoint(String activation) throws IOException {
        final Path from = Models.text("bert-sequence-classification");
        final Path to = Files.createDirectory(folder.resolve(activation));
        for (String name : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(from.resolve(name), to.resolve(name));
        }
        final String config = Files.readString(from.resolve("config.json"));
        Files.writeString(
                to.resolve("config.json"),
                config.replaceFirst("\"hidden_act\": \"[a-z_]*\"", "\"hidden_act\": \"" + activation + "\""));
        return to;
    }

    private static Path withoutConfig(FineTuned<Text> model, Path to) throws IOException {
        model.exportOnnx(to);
        Files.deleteIfExists(to.resolve("config.json"));
        Files.deleteIfExists(to.resolve("finetune-files.json")); // Which misses it.
        return to;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gelu", "gelu_new", "quick_gelu", "tanh", "relu", "relu2", "silu", "sigmoid"})
    void aKnownFunctionIsComputed(String activation) throws IOException {
        try (FineTuned<Text> model = tuner(checkpoint(activation)).untrained(Text.class)) {
            final Path exported = withoutConfig(model, folder.resolve(activation + "-exported"));
            try (FineTuned<Text> again = tuner(exported).untrained(Text.class)) {
                assertThat(again.assembly().config().get("hidden_act").getAsString())
                        .isEqualTo(activation);
                final Map<String, HostTensor> batch = Models.tokens(model, 2, 9, new SplittableRandom(3));
                assertThat(Models.outputs(again, batch).get("logits"))
                        .isEqualTo(Models.outputs(model, batch).get("logits"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mish", "relu6", "gelu_10", "laplace", "hardswish", "leaky_relu"})
    void anotherOneIsRefused(String activation) throws IOException {
        try (FineTuned<Text> model = tuner(checkpoint(activation)).untrained(Text.class)) {
            final Path exported = withoutConfig(model, folder.resolve(activation + "-exported"));
            assertThatThrownBy(() -> tuner(exported).untrained(Text.class).close())
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContainingAll("activation function", "hidden_act", "config.json");
        }
    }
}
