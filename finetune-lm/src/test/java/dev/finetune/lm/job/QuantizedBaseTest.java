package dev.finetune.lm.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.checkpoint.SafetensorsWriter;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import dev.finetune.freeze.Freeze;
import dev.finetune.generate.Generation;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.nn.Parameter;
import dev.finetune.peft.Ia3;
import dev.finetune.peft.Lora;
import dev.finetune.peft.Quantized;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters that are trained beside a base in 8 or 4 bits. */
class QuantizedBaseTest {
    private static final Dataset<Text> TEXTS = Dataset.of(
            Text.class,
            Stream.of(
                            "the product arrived on time",
                            "great sound , weak bass",
                            "freezing the early layers",
                            "a fair price")
                    .map(text -> new Example<>(Text.of(text), Label.none()))
                    .toList());

    private static final Dataset<Text> SUMMARIES = Dataset.of(
            Text.class,
            List.of(
                    new Example<>(Text.of("the product arrived on time"), Label.completion("great sound")),
                    new Example<>(Text.of("freezing the early layers"), Label.completion("weak bass")),
                    new Example<>(Text.of("great sound , weak bass"), Label.completion("a fair price")),
                    new Example<>(Text.of("a fair price"), Label.completion("the product"))));

    @TempDir
    Path folder;

    private static Path llama() {
        return GoldenFolders.all().get("llama-causal-lm").resolve("model");
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

    private static List<Parameter> parameters(FineTuned<Text> model) {
        return model.assembly().network().parameters();
    }

    @ParameterizedTest
    @EnumSource
    void theTrunksLinearWeightsArePackedAndNothingElseIs(Quantized format) {
        final FineTuner tuner = tuner(llama()).lora(Lora.rank(4)).base(format);
        assertThat(tuner.describe()).containsPattern("base weights *:? *" + Pattern.quote(format.toString()));
        try (FineTuned<Text> tuned = tuner.fit(TEXTS, TEXTS)) {
            for (Parameter parameter : parameters(tuned)) {
                assertThat(parameter.packed().isPresent())
                        .as(parameter.name())
                        .isEqualTo(parameter
                                .name()
                                .matches("model\\.layers\\.\\d+\\.(self_attn|mlp)\\.\\w+_proj\\.weight"));
                assertThat(parameter.isTrained())
                        .as(parameter.name())
                        .isEqualTo(parameter.name().contains("lora_"));
            }
            assertThat(tuned.summary()).contains("frozen, " + format);
        }
    }

    /** A base of the very numbers that the packed one stands for trains to the same losses, step by step. */
    @ParameterizedTest
    @CsvSource({
        "INT8,llama-causal-lm",
        "NF4,llama-causal-lm",
        "NF4_DOUBLE,llama-causal-lm",
        "NF4,gemma2-causal-lm",
        "INT8,gemma3-causal-lm",
        "NF4,gpt2-causal-lm",
        "INT8,gpt2-causal-lm"
    })
    void lossesAreThoseOfABaseOfTheUnpackedNumbersToTheRoundingOf16Bits(Quantized format, String family)
            throws IOException {
        final Path base = GoldenFolders.all().get(family).resolve("model");
        final Path unpacked = unpacked(base, tuner(base).base(format));
        try (FineTuned<Text> packed =
                        tuner(base).lora(Lora.rank(4)).base(format).fit(TEXTS, TEXTS);
                FineTuned<Text> floats = tuner(unpacked).lora(Lora.rank(4)).fit(TEXTS, TEXTS)) {
            assertClose(losses(packed), losses(floats));
        }
    }

    @ParameterizedTest
    @CsvSource({"INT8,t5-summarization", "NF4,t5-summarization", "NF4,bart-summarization"})
    void soAreThoseOfModelsThatReadAndWrite(Quantized format, String family) throws IOException {
        final Path base = GoldenFolders.all().get(family).resolve("model");
        final Path unpacked = unpacked(base, FineTuner.from(base).base(format));
        final Lora lora = Lora.rank(4).allLinear();
        try (FineTuned<Text> packed =
                        readerAndWriter(base).lora(lora).base(format).fitAll(SUMMARIES);
                FineTuned<Text> floats = readerAndWriter(unpacked).lora(lora).fitAll(SUMMARIES)) {
            assertThat(parameters(packed).stream().filter(each -> each.packed().isPresent()))
                    .hasSizeGreaterThan(10);
            assertClose(losses(packed), losses(floats));
        }
    }

    private static FineTuner readerAndWriter(Path base) {
        return FineTuner.from(base)
                .device(DeviceChoice.CPU)
                .lr(1e-2)
                .epochs(6)
                .batchSize(2)
                .seed(3)
                .regularization(r -> r.dropout(0));
    }

    private static void assertClose(List<Double> losses, List<Double> expected) {
        for (int i = 0; i < expected.size(); i++) {
            assertThat(losses.get(i)).as("step " + i).isCloseTo(expected.get(i), within(0.005 * expected.get(0)));
        }
        // Enough was learned for the comparison to see.
        assertThat(expected.get(expected.size() - 1)).isNotCloseTo(expected.get(0), within(0.02 * expected.get(0)));
    }

    private static List<Double> losses(FineTuned<Text> tuned) {
        return tuned.history().orElseThrow().steps().stream()
                .map(step -> step.loss())
                .toList();
    }

    /** Copies a model, its packed weights replaced by the numbers that they stand for. */
    private Path unpacked(Path model, FineTuner tuner) throws IOException {
        final Path copy = Files.createDirectories(folder.resolve("unpacked"));
        try (Stream<Path> files = Files.list(model)) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName()));
            }
        }
        Files.delete(copy.resolve("model.safetensors"));
        try (Weights weights = Weights.open(model.resolve("model.safetensors"));
                FineTuned<Text> packed = tuner.untrained(Text.class);
                TensorScope scope = TensorScope.open()) {
            final Map<String, Tensor> tensors = new LinkedHashMap<>();
            weights.names().forEach(name -> tensors.put(name, weights.read(name)));
            final Set<String> names = Set.copyOf(tensors.keySet());
            parameters(packed).stream()
                    .filter(each -> each.packed().isPresent())
                    .forEach(each -> {
                        assertThat(names).contains(each.name());
                        tensors.put(each.name(), each.numbers().contiguous());
                    });
            SafetensorsWriter.write(copy.resolve("model.safetensors"), tensors, Map.of());
        }
        return copy;
    }

    @ParameterizedTest
    @EnumSource
    void theTrainedModelsLossIsWithinAHundredthOfThatBesideTheBaseAsPublished(Quantized format) {
        try (FineTuned<Text> packed =
                        tuner(llama()).lora(Lora.rank(4)).base(format).fit(TEXTS, TEXTS);
                FineTuned<Text> floats = tuner(llama()).lora(Lora.rank(4)).fit(TEXTS, TEXTS)) {
            final double expected = floats.evaluation().get("loss");
            assertThat(packed.evaluation().get("loss")).isCloseTo(expected, within(0.01 * expected));
        }
    }

    @Test
    void layersThatAreComputedTwiceGiveTheSameLosses() {
        final FineTuner tuner = tuner(llama()).lora(Lora.rank(4)).base(Quantized.nf4());
        try (FineTuned<Text> once = tuner.fit(TEXTS, TEXTS);
                FineTuned<Text> twice =
                        tuner.execution(e -> e.gradientCheckpointing(true)).fit(TEXTS, TEXTS);
                FineTuned<Text> kept =
                        tuner.execution(e -> e.recomputeActivations(false)).fit(TEXTS, TEXTS)) {
            final List<Double> expected = losses(once);
            assertThat(losses(twice).get(0)).isCloseTo(expected.get(0), within(1e-6));
            assertThat(losses(kept).get(0)).isCloseTo(expected.get(0), within(1e-6));
            for (int i = 1; i < expected.size(); i++) { // Apart by products that are rounded to 16 bits.
                assertThat(losses(twice).get(i)).isCloseTo(expected.get(i), within(0.001 * expected.get(i)));
                assertThat(losses(kept).get(i)).isCloseTo(expected.get(i), within(0.001 * expected.get(i)));
            }
        }
    }

    @Test
    void doraAndIa3AndBiasesLearnBesideIt() {
        for (FineTuner tuner : List.of(
                tuner(llama()).lora(Lora.rank(4).withDora().dropout(0.1)),
                tuner(llama()).ia3(Ia3.usual()),
                tuner(GoldenFolders.all().get("gpt2-causal-lm").resolve("model"))
                        .lora(Lora.rank(4).withDora().allLinear().biases(Lora.Biases.ALL)))) {
            try (FineTuned<Text> tuned = tuner.base(Quantized.nf4()).fit(TEXTS, TEXTS)) {
                final List<Double> losses = losses(tuned);
                assertThat(losses.get(losses.size() - 1)).isLessThan(losses.get(0));
            }
        }
    }

    @Test
    void theAdapterIsLoadedBesideAPackedBaseAndMergedIntoThePublishedOne() {
        final FineTuner packed = tuner(llama()).base(Quantized.nf4());
        try (FineTuned<Text> tuned = packed.lora(Lora.rank(4)).fit(TEXTS, TEXTS)) {
            tuned.saveAdapter(folder.resolve("adapter"));
            final double loss = tuned.evaluate(TEXTS).get("loss");
            try (FineTuned<Text> again =
                            packed.adapter(folder.resolve("adapter")).untrained(Text.class);
                    FineTuned<Text> published =
                            tuner(llama()).adapter(folder.resolve("adapter")).untrained(Text.class)) {
                assertThat(again.evaluate(TEXTS).get("loss")).isCloseTo(loss, within(1e-5));
                published.save(folder.resolve("merged"));
                try (FineTuned<Text> merged = FineTuned.load(folder.resolve("merged"), Text.class)) {
                    assertThat(merged.evaluate(TEXTS).get("loss")).isCloseTo(loss, within(0.02 * loss));
                }
            }
        }
    }

    @Test
    void itGeneratesAsItsUnpackedNumbersDo() throws IOException {
        final Generation greedy = Generation.greedy().maxNewTokens(8);
        try (FineTuned<Text> packed = tuner(llama()).base(Quantized.int8()).untrained(Text.class);
                FineTuned<Text> floats = tuner(unpacked(llama(), tuner(llama()).base(Quantized.int8())))
                        .untrained(Text.class)) {
            assertThat(packed.generate(Text.of("the product"), greedy).ids())
                    .isEqualTo(floats.generate(Text.of("the product"), greedy).ids());
        }
    }

    @Test
    void aTrainingWithoutAnAdapterIsRefused() {
        assertThatThrownBy(() -> tuner(llama()).base(Quantized.nf4()).fit(TEXTS, TEXTS))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("base(4 bits (NF4))")
                .hasMessageContaining("lora(...)");
    }

    @Test
    void packedWeightsThatAreToBeTrainedAreRefusedByName() {
        final FineTuner tuner = tuner(llama()).base(Quantized.nf4());
        assertThatThrownBy(() -> tuner.lora(Lora.rank(4))
                        .unfreeze(Freeze.matching("layers\\.1\\.mlp"))
                        .fit(TEXTS, TEXTS))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("model.layers.1.mlp.gate_proj.weight is kept in 4 bits (NF4)");
        assertThatThrownBy(
                        () -> tuner.lora(Lora.rank(4).alsoTrained("down_proj")).fit(TEXTS, TEXTS))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("mlp.down_proj.weight is kept in 4 bits (NF4)");
    }

    @Test
    void aWholeModelIsntSavedOrMergedAndTheMessageSaysWhatIs() {
        try (FineTuned<Text> tuned = tuner(llama())
                .lora(Lora.rank(4))
                .base(Quantized.int8())
                .maxSteps(1)
                .fit(TEXTS, TEXTS)) {
            assertThatThrownBy(() -> tuned.save(folder.resolve("whole")))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("8 bits (int8)")
                    .hasMessageContaining("saveAdapter(directory)");
            assertThat(folder.resolve("whole")).doesNotExist();
            assertThatThrownBy(tuned::mergeAdapter)
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("8 bits (int8)");
        }
    }

    @Test
    void randomWeightsArentPacked() {
        assertThatThrownBy(() -> tuner(llama()).base(Quantized.nf4()).initialization(i -> i.randomWeights(true)))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("base(...)");
    }
}
