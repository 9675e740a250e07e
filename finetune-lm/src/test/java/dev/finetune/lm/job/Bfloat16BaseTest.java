package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.freeze.Freeze;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Lora;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint in bfloat16 stays in 16 bits where it is frozen. */
class Bfloat16BaseTest {
    private static final Dataset<Text> TEXTS = Dataset.of(
            Text.class,
            Stream.of(
                            "the product arrived on time",
                            "great sound , weak bass",
                            "freezing the early layers",
                            "a fair price")
                    .map(text -> new Example<>(Text.of(text), Label.none()))
                    .toList());

    @TempDir
    Path folder;

    private Path halved;

    @BeforeEach
    void storeInBfloat16() throws IOException {
        halved = halved("llama-causal-lm");
    }

    private Path halved(String golden) throws IOException {
        final Path model = GoldenFolders.all().get(golden).resolve("model");
        final Path halved = Files.createTempDirectory(folder, golden);
        for (String name :
                List.of("config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json")) {
            Files.copy(model.resolve(name), halved.resolve(name));
        }
        try (Weights weights = Weights.open(model.resolve("model.safetensors"));
                TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name).to(ScalarType.BFloat16)));
            SafetensorsWriter.write(halved.resolve("model.safetensors"), tensors, Map.of());
        }
        return halved;
    }

    private FineTuner tuner() {
        return tuner(halved);
    }

    private static FineTuner tuner(Path base) {
        return FineTuner.from(base)
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .lr(1e-2)
                .epochs(6)
                .batchSize(2)
                .seed(3);
    }

    private static boolean isHalved(Parameter parameter) {
        return parameter.value().scalar_type().intern() == ScalarType.BFloat16;
    }

    @Test
    void theLayersOfAFrozenBaseStayIn16BitsAndNormsAndAdditionsAreFloats() {
        try (FineTuned<Text> tuned = tuner().lora(Lora.rank(4)).fit(TEXTS, TEXTS)) {
            for (Parameter parameter : tuned.assembly().network().parameters()) {
                assertThat(isHalved(parameter))
                        .as(parameter.name())
                        .isEqualTo(parameter.shape().length == 2
                                && !parameter.name().contains("lora"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama-causal-lm",
                "qwen3-causal-lm",
                "gemma-causal-lm",
                "gemma2-causal-lm",
                "gemma3-causal-lm",
                "gpt2-causal-lm"
            })
    void lossesAreThoseOfABaseInFloatsToTheRoundingOf16Bits(String golden) throws IOException {
        try (FineTuned<Text> halves = tuner(halved(golden)).lora(Lora.rank(4)).fit(TEXTS, TEXTS);
                FineTuned<Text> floats = tuner(GoldenFolders.all().get(golden).resolve("model"))
                        .lora(Lora.rank(4))
                        .fit(TEXTS, TEXTS)) {
            final double before = halves.history().orElseThrow().steps().get(0).loss();
            assertThat(floats.evaluation().get("loss"))
                    .as("enough was learned for the comparison to see")
                    .isNotCloseTo(before, within(0.02 * before));
            assertThat(halves.evaluation().get("loss"))
                    .isCloseTo(floats.evaluation().get("loss"), within(0.005 * before));
        }
    }

    @Test
    void whatIsTrainedIsFloatsAgain() {
        try (FineTuned<Text> tuned = tuner().lora(Lora.rank(4))
                .unfreeze(Freeze.matching("model\\.layers\\.1\\.mlp\\..*"))
                .fit(TEXTS, TEXTS)) {
            for (Parameter parameter : tuned.assembly().network().parameters()) {
                if (parameter.isTrained()) {
                    assertThat(isHalved(parameter)).as(parameter.name()).isFalse();
                }
            }
        }
        try (FineTuned<Text> whole = tuner().fit(TEXTS, TEXTS)) {
            assertThat(whole.assembly().network().parameters()).noneMatch(Bfloat16BaseTest::isHalved);
        }
    }

    @Test
    void theMergedModelIsSavedAndSaysTheSame() {
        try (FineTuned<Text> tuned = tuner().lora(Lora.rank(4)).fit(TEXTS, TEXTS)) {
            tuned.save(folder.resolve("saved"));
            tuned.saveAdapter(folder.resolve("adapter"));
            final double loss = tuned.evaluate(TEXTS).get("loss");
            try (FineTuned<Text> merged = FineTuned.load(folder.resolve("saved"), Text.class);
                    FineTuned<Text> adapted = FineTuner.from(halved)
                            .adapter(folder.resolve("adapter"))
                            .head(Heads.causalLm())
                            .untrained(Text.class)) {
                assertThat(adapted.evaluate(TEXTS).get("loss")).isCloseTo(loss, within(1e-5));
                assertThat(merged.evaluate(TEXTS).get("loss")).isCloseTo(loss, within(0.02));
            }
        }
    }
}
