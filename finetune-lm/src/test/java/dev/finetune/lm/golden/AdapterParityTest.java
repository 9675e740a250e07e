package dev.finetune.lm.golden;

import static dev.finetune.testkit.Numbers.assertClose;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenDevice;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Adapters that PEFT saved (make_adapters.py) compute the same here, also when they were saved again or merged. */
class AdapterParityTest {
    private static final Path FOLDER = Path.of("src/test/resources/adapters");

    @TempDir
    private Path folder;

    private static List<Path> adapters() throws IOException {
        try (Stream<Path> all = Files.list(FOLDER)) {
            return all.filter(Files::isDirectory).sorted().toList();
        }
    }

    private static float[] lastLogits(FineTuned<Text> model, JsonObject expected) {
        final long[] ids = expected.getAsJsonArray("ids").asList().stream()
                .mapToLong(JsonElement::getAsLong)
                .toArray();
        final long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        final float[] all = DecoderParityTest.logits(
                model,
                Map.of(
                        "input_ids", new HostTensor.Longs(ids, 1, ids.length),
                        "attention_mask", new HostTensor.Longs(mask, 1, ids.length)),
                new ArrayList<>());
        return Arrays.copyOfRange(all, all.length / ids.length * (ids.length - 1), all.length);
    }

    private static float[] floats(JsonObject expected) {
        final List<JsonElement> values = expected.getAsJsonArray("logits").asList();
        final float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i).getAsFloat();
        }
        return floats;
    }

    private static FineTuned<Text> open(FineTuner tuner) {
        return tuner.device(GoldenDevice.choice()).untrained(Text.class);
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void whatPeftSavedComputesTheSame(Path adapter) throws IOException {
        final JsonObject expected = JsonFile.object(adapter.resolve("case.json"));
        final Path base = GoldenFolders.root()
                .resolve(expected.get("model").getAsString())
                .resolve("model");
        try (FineTuned<Text> model = open(FineTuner.from(base).adapter(adapter))) {
            assertClose(lastLogits(model, expected), floats(expected), 2e-5, adapter.toString());
            model.saveAdapter(folder.resolve("again"));
            model.save(folder.resolve("merged"));
        }
        try (FineTuned<Text> again = open(FineTuner.from(base).adapter(folder.resolve("again")))) {
            assertClose(lastLogits(again, expected), floats(expected), 2e-5, adapter + ", saved again");
        }
        try (FineTuned<Text> merged = open(FineTuner.from(folder.resolve("merged")))) {
            assertClose(lastLogits(merged, expected), floats(expected), 2e-5, adapter + ", merged");
        }
    }
}
