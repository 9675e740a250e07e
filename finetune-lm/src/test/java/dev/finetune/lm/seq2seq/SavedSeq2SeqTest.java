package dev.finetune.lm.seq2seq;

import com.google.gson.Gson;
import dev.finetune.FineTuned;
import dev.finetune.FineTuner;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.InputEncoder;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.PythonPeer;
import dev.finetune.peft.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Encoders and decoders that we train and save, Transformers and PEFT load: equal logits, nothing missing. Needs a Python with torch,
 * transformers and peft (system property finetune.python, "python3" by default; checked with 5.18 and 0.21); skipped without.
 */
@Tag("peer")
class SavedSeq2SeqTest {
    private static final Path SCRIPT = Path.of("src/test/resources/dev/finetune/lm/seq2seq/check_saved.py");
    private static final List<String> WRITTEN = List.of("great sound", "weak bass", "fair price");

    @TempDir
    private Path folder;

    private static PythonPeer peer;

    @BeforeAll
    static void lookForPython() throws IOException, InterruptedException {
        peer = PythonPeer.with("torch, transformers, peft", SavedSeq2SeqTest.class);
    }

    @BeforeEach
    void pythonIsThere() {
        peer.assumeThere();
    }

    private static List<Example<Text>> examples() {
        final List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            examples.add(new Example<>(
                    Text.of("the product arrived on time" + " again".repeat(i % 5)),
                    Label.completion(WRITTEN.get(i % 3))));
        }
        return examples;
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "t5-untied", "t5-relu", "bart-summarization", "bart-scaled"})
    void aTrainedModelGivesEqualLogits(String name) throws IOException, InterruptedException {
        final Path base = Seq2SeqCases.model(name);
        try (FineTuned<Text> tuned =
                FineTuner.from(base).lr(3e-3).epochs(1).batchSize(4).fitAll(Dataset.of(Text.class, examples()))) {
            tuned.save(folder.resolve("saved"));
            writeExpected(tuned);
        }
        check(List.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"t5-summarization", "t5-untied", "bart-summarization"})
    void aTrainedAdapterGivesEqualLogits(String name) throws IOException, InterruptedException {
        final Path base = Seq2SeqCases.model(name);
        for (Lora lora : List.of(Lora.rank(4), Lora.rank(2).withDora().allLinear())) {
            try (FineTuned<Text> tuned = FineTuner.from(base)
                    .lora(lora)
                    .lr(3e-3)
                    .epochs(1)
                    .batchSize(4)
                    .fitAll(Dataset.of(Text.class, examples()))) {
                tuned.saveAdapter(folder.resolve("saved"));
                writeExpected(tuned);
            }
            check(List.of(base.toString()));
        }
    }

    private void writeExpected(FineTuned<Text> tuned) throws IOException {
        final InputEncoder<Text> encoder = tuned.assembly().encoder();
        final List<String> lines = new ArrayList<>();
        for (Example<Text> example : examples().subList(0, 5)) {
            final Map<String, Object> line = new LinkedHashMap<>();
            line.put("source", example.input().text());
            line.put("target", ((Label.Completion) example.label()).text());
            line.put(
                    "logits",
                    Seq2SeqGoldenTest.logits(
                            tuned.assembly(),
                            encoder.collate(encoder.encode(List.of(example)), CollateContext.predicting()),
                            new LinkedHashMap<>()));
            lines.add(new Gson().toJson(line));
        }
        Files.write(folder.resolve("expected.jsonl"), lines);
    }

    private void check(List<String> base) throws IOException, InterruptedException {
        final List<String> arguments = new ArrayList<>(List.of(
                SCRIPT.toString(),
                folder.resolve("saved").toString(),
                folder.resolve("expected.jsonl").toString()));
        arguments.addAll(base);
        peer.agrees(arguments, folder.resolve("log"));
    }
}
