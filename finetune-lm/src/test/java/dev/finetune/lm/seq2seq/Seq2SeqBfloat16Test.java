package dev.finetune.lm.seq2seq;

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
import dev.finetune.generate.Generation;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoders and decoders in bfloat16 stay in 16 bits where they are frozen, as decoders do. */
class Seq2SeqBfloat16Test {
    private static final Dataset<Text> PAIRS = Dataset.of(
            Text.class,
            Stream.of("great sound", "weak bass", "fair price", "great sound again")
                    .map(text -> new Example<>(Text.of("the product arrived on time " + text), Label.completion(text)))
                    .toList());

    @TempDir
    Path folder;

    private Path halved(Path model) throws IOException {
        final Path halved = Files.createDirectories(folder.resolve("model"));
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.filter(each -> !each.toString().endsWith(".safetensors"))
                    .toList()) {
                Files.copy(file, halved.resolve(file.getFileName()));
            }
        }
        try (Weights weights = Weights.open(model.resolve("model.safetensors"));
                TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name).to(ScalarType.BFloat16)));
            SafetensorsWriter.write(halved.resolve("model.safetensors"), tensors, Map.of());
        }
        return halved;
    }

    private static FineTuner tuner(Path base) {
        return FineTuner.from(base)
                .device(DeviceChoice.CPU)
                .lr(1e-2)
                .epochs(6)
                .batchSize(2)
                .seed(3);
    }

    private static boolean isHalved(Parameter parameter) {
        return parameter.value().scalar_type().intern() == ScalarType.BFloat16;
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-relu", "t5-untied", "bart-scaled"})
    void aFrozenBaseStaysIn16BitsAndLearnsAsOneInFloatsToTheirRounding(String name) throws IOException {
        final Path model = Seq2SeqCases.model(name);
        final Path halved = halved(model);
        try (FineTuned<Text> halves = tuner(halved).lora(Lora.rank(4)).fit(PAIRS, PAIRS);
                FineTuned<Text> floats = tuner(model).lora(Lora.rank(4)).fit(PAIRS, PAIRS)) {
            for (Parameter parameter : halves.assembly().network().parameters()) {
                assertThat(isHalved(parameter))
                        .as(parameter.name())
                        .isEqualTo(parameter.shape().length == 2
                                && !parameter.name().contains("lora"));
            }
            final double before = halves.history().orElseThrow().steps().get(0).loss();
            assertThat(halves.evaluation().get("loss"))
                    .isLessThan(0.95 * before)
                    .isCloseTo(floats.evaluation().get("loss"), within(0.03 * before));
            halves.saveAdapter(folder.resolve("adapter"));
            final double loss = halves.evaluate(PAIRS).get("loss");
            final List<Integer> written = written(halves);
            try (FineTuned<Text> again =
                    tuner(halved).adapter(folder.resolve("adapter")).untrained(Text.class)) {
                assertThat(again.evaluate(PAIRS).get("loss")).isCloseTo(loss, within(1e-5));
                assertThat(written(again)).isEqualTo(written);
            }
        }
        try (FineTuned<Text> whole = tuner(halved).epochs(1).fit(PAIRS, PAIRS)) {
            assertThat(whole.assembly().network().parameters()).noneMatch(Seq2SeqBfloat16Test::isHalved);
        }
    }

    private static List<Integer> written(FineTuned<Text> model) {
        return model.generate(
                        Text.of("the product arrived on time weak bass"),
                        Generation.greedy().maxNewTokens(6))
                .ids();
    }
}
