package dev.finetune.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.template.JsonValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden case llama-chat: text, ids and labels of Transformers. */
class ChatGoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/llama-chat");

    /** The keys of case.json are sorted; the tools were given in this order. */
    private static final List<Map<String, Object>> TOOLS =
            tools("{\"type\": \"function\", \"function\": {\"name\": \"price\","
                    + " \"description\": \"the price of a product — in €\", \"parameters\": {\"type\": \"object\", \"properties\":"
                    + " {\"product\": {\"type\": \"string\"}}, \"required\": [\"product\"]}}}");

    @SuppressWarnings("unchecked")
    private static List<Map<String, Object>> tools(String json) {
        return List.of((Map<String, Object>) JsonValues.of(JsonParser.parseString(json)));
    }

    private static List<JsonObject> rows() {
        try {
            final List<JsonObject> rows = new ArrayList<>();
            JsonParser.parseString(Files.readString(FOLDER.resolve("case.json")))
                    .getAsJsonObject()
                    .getAsJsonArray("rows")
                    .forEach(row -> rows.add(row.getAsJsonObject()));
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path model(JsonObject row) {
        return FOLDER.resolve(row.get("folder").getAsString());
    }

    private static ChatTemplate template(JsonObject row) {
        final JsonElement date = row.getAsJsonObject("arguments").get("date_string");
        final ChatTemplate template = ChatTemplate.open(model(row));
        return date == null ? template : template.with("date_string", date.getAsString());
    }

    @SuppressWarnings("unchecked")
    private static Chat chat(JsonObject row) {
        final List<Message> messages = new ArrayList<>();
        row.getAsJsonArray("messages")
                .forEach(message -> messages.add(new Message((Map<String, Object>) JsonValues.of(message))));
        final JsonElement tools = row.getAsJsonObject("arguments").get("tools");
        if (tools == null) {
            return new Chat(messages, List.of());
        }
        assertThat(JsonValues.of(tools)).isEqualTo(TOOLS);
        return new Chat(messages, List.of()).withTools(TOOLS);
    }

    private static boolean prompts(JsonObject row) {
        return row.getAsJsonObject("arguments").has("add_generation_prompt");
    }

    @ParameterizedTest
    @MethodSource("rows")
    void textIdsAndLabelsAreThoseOfTransformers(JsonObject row) {
        if (row.has("error")) {
            assertThatThrownBy(() -> template(row).render(chat(row), prompts(row)))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining(row.get("error").getAsString())
                    .hasMessageContaining("chat_template.jinja, line ");
            return;
        }
        final String text = template(row).render(chat(row), prompts(row));
        assertThat(text).isEqualTo(row.get("text").getAsString());
        try (Tokenizer tokenizer = Tokenizer.open(model(row))) {
            assertThat(tokenizer.encodeWhole(text).ids()).isEqualTo(ints(row, "input_ids"));
            if (!prompts(row)) {
                final ChatTokens tokens = template(row).encode(tokenizer, chat(row));
                assertThat(tokens.ids()).isEqualTo(ints(row, "input_ids"));
                if (row.has("labels")) {
                    assertThat(tokens.labels()).isEqualTo(ints(row, "labels"));
                }
            } else if (row.has("labels")) {
                // What the assistant is still to say has no label.
                final int[] labels = ints(row, "labels");
                final int[] before = template(row).encode(tokenizer, chat(row)).labels();
                assertThat(IntStream.of(labels).limit(before.length).toArray()).isEqualTo(before);
                assertThat(IntStream.of(labels).skip(before.length)).containsOnly(-100);
            }
        }
    }

    private static int[] ints(JsonObject row, String key) {
        return row.getAsJsonArray(key).asList().stream()
                .mapToInt(JsonElement::getAsInt)
                .toArray();
    }

    @Test
    void theCaseHasAllItsRows() {
        assertThat(rows()).hasSize(42);
        assertThat(rows().stream().filter(row -> row.has("error"))).hasSize(3);
        assertThat(rows().stream().filter(row -> row.has("labels"))).hasSize(27);
    }
}
