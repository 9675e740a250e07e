package dev.finetune.lm.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenFolders;
import dev.finetune.golden.PythonPeer;
import dev.finetune.head.Heads;
import dev.finetune.internal.torch.GradientMode;
import dev.finetune.internal.torch.TensorScope;
import dev.finetune.internal.torch.Tensors;
import dev.finetune.nn.Batch;
import dev.finetune.nn.ForwardContext;
import dev.finetune.train.DeviceChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Decoders that we train and save, Transformers loads: equal logits, nothing missing. Needs a Python with torch and transformers
 * (system property finetune.python, "python3" by default; checked with 5.18); skipped without.
 */
@Tag("peer")
class SavedDecoderTest {
    private static final Path SCRIPT = Path.of("src/test/resources/dev/finetune/lm/decoder/check_saved.py");
    private static final List<String> TEXTS =
            List.of("the product arrived on time", "great sound , weak bass , fair price", "nobody answered my mail");

    @TempDir
    private Path folder;

    private static PythonPeer peer;

    @BeforeAll
    static void lookForPython() throws IOException, InterruptedException {
        peer = PythonPeer.with("torch, transformers", SavedDecoderTest.class);
    }

    @BeforeEach
    void pythonIsThere() {
        peer.assumeThere();
    }

    @ParameterizedTest
    @CsvSource({
        "gemma-causal-lm, gemma, sdpa",
        "gemma2-causal-lm, gemma2, eager",
        "gemma3-causal-lm, gemma3_text, sdpa",
        "qwen3-causal-lm, qwen3, sdpa"
    })
    void aTrainedModelGivesEqualLogits(String name, String type, String attention)
            throws IOException, InterruptedException {
        try (FineTuned<Text> tuned = FineTuner.from(
                        GoldenFolders.root().resolve(name).resolve("model"))
                .head(Heads.causalLm())
                .device(DeviceChoice.CPU)
                .lr(3e-3)
                .epochs(2)
                .batchSize(2)
                .fitAll(Dataset.of(
                        Text.class,
                        TEXTS.stream()
                                .map(text -> new Example<>(Text.of(text), Label.none()))
                                .toList()))) {
            tuned.save(folder.resolve("saved"));
            writeExpected(tuned);
        }
        final JsonObject said = peer.agrees(
                List.of(
                        SCRIPT.toString(),
                        folder.resolve("saved").toString(),
                        folder.resolve("expected.jsonl").toString(),
                        attention),
                folder.resolve("log"));
        assertThat(said.get("type").getAsString()).isEqualTo(type);
    }

    /** Rows of ids alone, without padding. */
    private void writeExpected(FineTuned<Text> tuned) throws IOException {
        final List<String> lines = new ArrayList<>();
        for (int row = 0; row < 3; row++) {
            final long[] ids = new long[18];
            Arrays.setAll(ids, i -> 5 + i * 17L % 300);
            ids[0] = row;
            final Map<String, HostTensor> columns = Map.of(
                    "input_ids",
                    new HostTensor.Longs(ids, 1, ids.length),
                    "attention_mask",
                    new HostTensor.Longs(new long[ids.length], 1, ids.length));
            Arrays.fill(((HostTensor.Longs) columns.get("attention_mask")).data(), 1);
            try (TensorScope scope = TensorScope.open();
                    GradientMode off = GradientMode.off();
                    Batch batch = new Batch(new HostBatch(columns, List.of()), Tensors.cpu())) {
                lines.add(new Gson()
                        .toJson(Map.of(
                                "ids",
                                ids,
                                "logits",
                                Tensors.floats(tuned.assembly()
                                        .network()
                                        .forward(batch, ForwardContext.evaluating())
                                        .get("logits")))));
            }
        }
        Files.write(folder.resolve("expected.jsonl"), lines);
    }
}
