package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.batch.CollateContext;
import dev.finetune.batch.HostBatch;
import dev.finetune.batch.HostTensor;
import dev.finetune.batch.Target;
import dev.finetune.data.Example;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.golden.GoldenFolders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Against what the Python libraries wrote: all cases of the directory that the property finetune.golden names. */
@Tag("golden")
class GoldenTokenizerTest {
    @TempDir
    Path temp;

    @TestFactory
    List<DynamicTest> everyIdAndOffsetIsTheReferences() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path folder : folders()) {
            JsonObject golden = Fixtures.json(folder.resolve("case.json"));
            if (golden.has("cases") && golden.has("pairs")) {
                tests.add(DynamicTest.dynamicTest(
                        folder.getFileName() + ", tokenizer.json", () -> checkTexts(folder.resolve("model"), golden)));
                tests.add(DynamicTest.dynamicTest(
                        folder.getFileName() + ", vocab.txt alone", () -> checkTexts(vocabularyOf(folder), golden)));
            }
        }
        return orSkipped(tests, "tokenizer cases (case.json with \"cases\" and \"pairs\")");
    }

    @TestFactory
    List<DynamicTest> everyBatchIsTheReferences() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Path folder : folders()) {
            JsonObject golden = Fixtures.json(folder.resolve("case.json"));
            if (golden.has("texts") && golden.has("max_length")) {
                tests.add(DynamicTest.dynamicTest(folder.getFileName().toString(), () -> checkBatches(folder, golden)));
            }
        }
        return orSkipped(tests, "cases with \"texts\"");
    }

    private static List<Path> folders() {
        return List.copyOf(GoldenFolders.all().values());
    }

    private static List<DynamicTest> orSkipped(List<DynamicTest> tests, String what) {
        return tests.isEmpty()
                ? List.of(DynamicTest.dynamicTest(
                        "SKIPPED: no " + what, () -> Assumptions.abort("the golden directory has no " + what)))
                : tests;
    }

    private Path vocabularyOf(Path folder) throws IOException {
        Path alone = Files.createTempDirectory(temp, "vocabulary");
        for (String name : List.of("vocab.txt", "tokenizer_config.json")) {
            Files.copy(folder.resolve("model").resolve(name), alone.resolve(name));
        }
        return alone;
    }

    private static void checkTexts(Path model, JsonObject golden) {
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            for (JsonObject text : Fixtures.objects(golden, "cases")) {
                String string = text.get("text").getAsString();
                TokenizedText found = tokenizer
                        .encode(List.of(Text.of(string)), 32, Detail.OFFSETS)
                        .get(0);
                assertThat(found.ids()).as(string).isEqualTo(Fixtures.ints(text, "input_ids"));
                assertThat(Fixtures.codePoints(string, found.starts()))
                        .as("starts of %s", string)
                        .isEqualTo(Fixtures.offsets(text, 0));
                assertThat(Fixtures.codePoints(string, found.ends()))
                        .as("ends of %s", string)
                        .isEqualTo(Fixtures.offsets(text, 1));
            }
            for (JsonObject pair : Fixtures.objects(golden, "pairs")) {
                Text text = Text.pair(pair.get("a").getAsString(), pair.get("b").getAsString());
                TokenizedText found = tokenizer.encode(List.of(text), 24).get(0);
                assertThat(found.ids()).as("%s", text).isEqualTo(Fixtures.ints(pair, "input_ids"));
                assertThat(found.typeIds()).as("%s", text).isEqualTo(Fixtures.ints(pair, "token_type_ids"));
            }
        }
    }

    private static void checkBatches(Path folder, JsonObject golden) throws IOException {
        JsonObject header = header(folder.resolve("case.safetensors"));
        Tokenizer tokenizer = Tokenizer.open(folder.resolve("model"));
        TextLayout layout =
                TextLayout.of(tokenizer, golden.get("max_length").getAsInt(), header.has("batch0.token_type_ids"));
        try (SequenceEncoder encoder = new SequenceEncoder(tokenizer, layout, label -> new Target.None())) {
            List<JsonElement> batches = golden.getAsJsonArray("texts").asList();
            for (int i = 0; i < batches.size(); i++) {
                List<Example<Text>> examples = examples(batches.get(i));
                HostBatch batch = encoder.collate(
                        encoder.encode(examples), new CollateContext(CollateContext.Purpose.EVALUATION, 0));
                for (String name : batch.columns().keySet()) {
                    HostTensor.Longs column = (HostTensor.Longs) batch.columns().get(name);
                    long[] expected = longs(folder.resolve("case.safetensors"), header, "batch" + i + "." + name);
                    assertThat(column.data()).as("batch %d, %s", i, name).isEqualTo(expected);
                }
            }
        }
    }

    /** A batch's texts: a list of strings, or a list that holds it, and for pairs the list of second texts. */
    private static List<Example<Text>> examples(JsonElement batch) {
        List<JsonElement> lists = batch.getAsJsonArray().asList();
        boolean nested = lists.get(0).isJsonArray();
        List<JsonElement> first = nested ? lists.get(0).getAsJsonArray().asList() : lists;
        List<Example<Text>> examples = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            String text = first.get(i).getAsString();
            Text input = nested && lists.size() > 1
                    ? Text.pair(text, lists.get(1).getAsJsonArray().get(i).getAsString())
                    : Text.of(text);
            examples.add(new Example<>(input, Label.none()));
        }
        return examples;
    }

    private static JsonObject header(Path file) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] json = new byte[(int) bytes.getLong()];
        bytes.get(json);
        return JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
    }

    private static long[] longs(Path file, JsonObject header, String name) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int data = 8 + (int) bytes.getLong();
        List<JsonElement> range =
                header.getAsJsonObject(name).getAsJsonArray("data_offsets").asList();
        long[] values = new long[(range.get(1).getAsInt() - range.get(0).getAsInt()) / Long.BYTES];
        bytes.position(data + range.get(0).getAsInt());
        bytes.asLongBuffer().get(values);
        return values;
    }
}
