package dev.finetune.bert.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Text;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Special and added tokens in the files beside a vocabulary, against Transformers 5.18 (make_settings.py). */
class TokenizerSettingsTest {
    @TempDir
    private Path temp;

    @TestFactory
    List<DynamicTest> specialAndAddedTokensOfAllFilesHaveTheReferencesIds() throws IOException {
        JsonArray cases = JsonParser.parseString(
                        Files.readString(Fixtures.resource("/dev/finetune/bert/text/settings.json")))
                .getAsJsonArray();
        return cases.asList().stream()
                .map(JsonElement::getAsJsonObject)
                .map(item -> DynamicTest.dynamicTest(
                        item.get("family").getAsString() + " " + item.get("files"), () -> check(item)))
                .toList();
    }

    private void check(JsonObject item) throws IOException {
        Path model = Files.createTempDirectory(temp, "model");
        writeVocabulary(item, model);
        for (Map.Entry<String, JsonElement> file : item.getAsJsonObject("files").entrySet()) {
            Files.writeString(model.resolve(file.getKey()), file.getValue().toString());
        }
        checkIds(item, model);
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            tokenizer.save(model.resolve("saved"));
        }
        checkIds(item, model.resolve("saved"));
    }

    private static void checkIds(JsonObject item, Path model) {
        try (Tokenizer tokenizer = Tokenizer.open(model)) {
            List<JsonElement> ids = item.getAsJsonArray("ids").asList();
            List<String> texts = Fixtures.strings(item, "texts");
            for (int i = 0; i < texts.size(); i++) {
                assertThat(Arrays.toString(tokenizer
                                .encode(List.of(Text.of(texts.get(i))), 512)
                                .get(0)
                                .ids()))
                        .as(texts.get(i))
                        .isEqualTo(ids.get(i).toString().replace(",", ", "));
            }
            assertThat(tokenizer.vocabularySize()).isEqualTo(item.get("size").getAsInt());
        }
    }

    private static void writeVocabulary(JsonObject item, Path model) throws IOException {
        boolean bert = item.get("family").getAsString().equals("bert");
        Path source = bert ? Fixtures.bertModel() : Fixtures.robertaModel();
        JsonObject definition = Fixtures.json(source.resolve("tokenizer.json"));
        if (item.get("added_tokens") instanceof JsonArray added) {
            definition.add("added_tokens", added);
            Files.writeString(model.resolve("tokenizer.json"), definition.toString());
        }
        if (bert) {
            Files.copy(source.resolve("vocab.txt"), model.resolve("vocab.txt"));
            return;
        }
        JsonObject network = definition.getAsJsonObject("model");
        Files.writeString(model.resolve("vocab.json"), network.get("vocab").toString());
        Files.writeString(
                model.resolve("merges.txt"),
                network.getAsJsonArray("merges").asList().stream()
                        .map(JsonElement::getAsJsonArray)
                        .map(pair ->
                                pair.get(0).getAsString() + " " + pair.get(1).getAsString() + "\n")
                        .collect(Collectors.joining()));
    }
}
