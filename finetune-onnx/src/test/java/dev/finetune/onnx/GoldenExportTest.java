package dev.finetune.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.google.gson.JsonParser;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.checkpoint.DType;
import dev.finetune.checkpoint.Weights;
import dev.finetune.data.Question;
import dev.finetune.data.Text;
import dev.finetune.data.Words;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.spi.ImageModelFamily;
import dev.finetune.spi.ModelConfig;
import dev.finetune.spi.ModelFamily;
import dev.finetune.spi.TextModelFamily;
import dev.finetune.vision.Image;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What Transformers, torchvision and timm computed (versions in each case.json), ONNX Runtime computes from our files. */
@Tag("golden")
class GoldenExportTest {
    private static final List<String> OUTPUTS = List.of("logits", "start_logits", "end_logits");

    @TempDir
    private Path folder;

    private static Stream<Path> cases() {
        if (!System.getProperty("finetune.golden", "").isEmpty()) {
            return GoldenFolders.all().values().stream();
        }
        return Stream.of("../finetune-bert", "../finetune-vision")
                .flatMap(module -> GoldenFolders.below(Path.of(module, "src/test/resources/golden")).values().stream());
    }

    @TestFactory
    Stream<DynamicTest> outputsAreThoseOfTheReference() {
        final List<Path> cases = cases().filter(GoldenExportTest::hasOutputs).toList();
        assertThat(cases).hasSizeGreaterThan(10);
        return cases.stream().map(path -> dynamicTest(path.getFileName().toString(), () -> check(path)));
    }

    private static boolean hasOutputs(Path path) {
        final Map<String, HostTensor> tensors = tensors(path);
        return isOfOurs(path.resolve("model/config.json"))
                && !GoldenFolders.read(path).has("alpha") // Such a case puts an adapter on its model.
                && OUTPUTS.stream().anyMatch(name -> tensors.containsKey("expected." + name))
                && (tensors.containsKey("batch0.input_ids") || tensors.containsKey("batch0.pixel_values"));
    }

    /** Among the cases are those of families that aren't there yet. */
    private static boolean isOfOurs(Path file) {
        if (!Files.exists(file)) {
            return false;
        }
        try {
            final ModelConfig config = ModelConfig.of(
                    file, JsonParser.parseString(Files.readString(file)).getAsJsonObject());
            return Stream.<Class<? extends ModelFamily>>of(TextModelFamily.class, ImageModelFamily.class)
                    .flatMap(kind -> ServiceLoader.load(kind).stream())
                    .anyMatch(family -> family.get().recognises(config));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, HostTensor> tensors(Path path) {
        final Map<String, HostTensor> tensors = new LinkedHashMap<>();
        if (!Files.exists(path.resolve("case.safetensors"))) {
            return tensors;
        }
        try (Weights weights = Weights.open(path.resolve("case.safetensors"));
                TensorScope scope = TensorScope.open()) {
            for (String name : weights.names()) {
                if (name.startsWith("batch0.") || name.startsWith("expected.")) {
                    final Tensor tensor = weights.read(name);
                    final long[] shape = Tensors.shape(tensor);
                    tensors.put(
                            name,
                            weights.describe(name).dtype() == DType.I64
                                    ? new HostTensor.Longs(Tensors.longs(tensor), shape)
                                    : new HostTensor.Floats(Tensors.floats(tensor), shape));
                }
            }
        }
        return tensors;
    }

    private void check(Path path) {
        final Map<String, HostTensor> tensors = tensors(path);
        final Map<String, HostTensor> batch = new LinkedHashMap<>();
        final Map<String, float[]> expected = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> {
            if (name.startsWith("batch0.")) {
                batch.put(name.substring("batch0.".length()), tensor);
            } else if (OUTPUTS.contains(name.substring("expected.".length()))) {
                expected.put(name.substring("expected.".length()), ((HostTensor.Floats) tensor).data());
            }
        });
        if (batch.containsKey("input_ids")) {
            final long[] shape = batch.get("input_ids").shape();
            batch.putIfAbsent(
                    "token_type_ids", new HostTensor.Longs(new long[Math.toIntExact(shape[0] * shape[1])], shape));
        }
        final Path exported = folder.resolve(path.getFileName().toString());
        try (FineTuned<?> model = open(path.resolve("model"), tensors)) {
            model.exportOnnx(exported);
            try (OnnxRuntime runtime = OnnxRuntime.open(exported)) {
                final long[] shown = Models.shown(model.assembly().task().head(), batch);
                Models.assertSame(expected, runtime.run(batch), shown);
            }
        }
    }

    private static FineTuned<?> open(Path model, Map<String, HostTensor> tensors) {
        final FineTuner tuner = FineTuner.from(model);
        if (tensors.containsKey("batch0.pixel_values")) {
            return tuner.untrained(Image.class);
        }
        if (tensors.containsKey("expected.start_logits")) {
            return tuner.untrained(Question.class);
        }
        final boolean tagged = ((HostTensor.Floats) tensors.get("expected.logits")).shape().length == 3
                && model.toString().contains("token-classification");
        return tagged ? tuner.untrained(Words.class) : tuner.untrained(Text.class);
    }
}
