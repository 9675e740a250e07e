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
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Transformers 5.18's AutoTokenizer makes of a tokenizer.json whose steps aren't those of its class (make_classes.py). */
class ClassStepsTest {
    private static final JsonObject GOLDEN = Fixtures.json(Fixtures.resource("/dev/finetune/bert/text/classes.json"));

    @TempDir
    private Path folder;

    static List<JsonObject> cases() {
        return GOLDEN.getAsJsonArray("cases").asList().stream()
                .map(JsonElement::getAsJsonObject)
                .toList();
    }

    private Path model(JsonObject item) throws IOException {
        final JsonObject tokenizer = JsonParser.parseString(item.get("tokenizer")
                        .toString()
                        .replace("\"TABLE\"", GOLDEN.get("table").toString()))
                .getAsJsonObject();
        final JsonObject model = tokenizer.getAsJsonObject("model");
        GOLDEN
                .getAsJsonObject("vocabularies")
                .getAsJsonObject(model.get("vocab").getAsString())
                .entrySet()
                .stream()
                .filter(part -> !part.getValue().isJsonNull())
                .forEach(part -> model.add(part.getKey(), part.getValue()));
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        Files.writeString(
                folder.resolve("tokenizer_config.json"), item.get("config").toString());
        if (!item.get("type").getAsString().isEmpty()) {
            Files.writeString(folder.resolve("config.json"), "{\"model_type\": " + item.get("type") + "}");
        }
        return folder;
    }

    private static int[] ids(JsonElement array) {
        return ((JsonArray) array)
                .asList().stream().mapToInt(JsonElement::getAsInt).toArray();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void idsAndTextsAreThoseOfTheClassWhateverStepsTheFileHas(JsonObject item) throws IOException {
        final List<String> texts = Fixtures.strings(item, "texts");
        final List<String> decoded = Fixtures.strings(item, "decoded");
        try (Tokenizer tokenizer = Tokenizer.openForWriting(model(item))) {
            for (int i = 0; i < texts.size(); i++) {
                final int[] expected = ids(item.getAsJsonArray("ids").get(i));
                assertThat(tokenizer
                                .encode(List.of(Text.of(texts.get(i))), 512)
                                .get(0)
                                .ids())
                        .as(item.get("type") + " " + item.get("config") + ", \"" + texts.get(i) + "\"")
                        .isEqualTo(expected);
                assertThat(tokenizer.decode(expected)).isEqualTo(decoded.get(i));
            }
        }
    }
}
