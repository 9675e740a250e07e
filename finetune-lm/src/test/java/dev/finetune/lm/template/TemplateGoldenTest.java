package dev.finetune.lm.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates in the shapes that well-known models use, against what Transformers renders of them. */
class TemplateGoldenTest {
    private static final Path FOLDER = Path.of("src/test/resources/templates");
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T05:04:03Z"), ZoneOffset.UTC);
    private static final JsonObject EXPECTED = read();

    private static JsonObject read() {
        try {
            return JsonParser.parseString(Files.readString(FOLDER.resolve("expected.json")))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jinja"))
                    .sorted()
                    .toList();
        }
    }

    private static Map<String, Object> variables(JsonObject row) {
        final JsonObject chat = EXPECTED.getAsJsonArray("conversations")
                .get(row.get("conversation").getAsInt())
                .getAsJsonObject();
        final JsonObject arguments = EXPECTED.getAsJsonArray("arguments")
                .get(row.get("arguments").getAsInt())
                .getAsJsonObject();
        final Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("add_generation_prompt", false);
        variables.put("bos_token", "<s>");
        variables.put("eos_token", "</s>");
        chat.entrySet().forEach(entry -> variables.put(entry.getKey(), JsonValues.of(entry.getValue())));
        arguments.entrySet().forEach(entry -> variables.put(entry.getKey(), JsonValues.of(entry.getValue())));
        return variables;
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyConversationIsRenderedOrRefusedAsByTransformers(String name) throws IOException {
        final Template template = Template.of(name, Files.readString(FOLDER.resolve(name)));
        int rows = 0;
        for (JsonObject row : rowsOf(name)) {
            rows++;
            final String what =
                    name + ", conversation " + row.get("conversation") + ", arguments " + row.get("arguments");
            if (row.has("error")) {
                assertThatThrownBy(() -> template.render(variables(row), CLOCK, false))
                        .as(what)
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining(name + ", line ")
                        .hasMessageNotContaining("not implemented");
                continue;
            }
            final String text = row.get("text").getAsString();
            assertThat(template.render(variables(row), CLOCK, false).text())
                    .as(what)
                    .isEqualTo(text);
            if (row.has("generated")) {
                assertThat(spans(template.render(variables(row), CLOCK, true)))
                        .as(what)
                        .isEqualTo(row.getAsJsonArray("generated").toString());
            }
        }
        assertThat(rows).isEqualTo(45);
    }

    private static List<JsonObject> rowsOf(String name) {
        final List<JsonObject> rows = new ArrayList<>();
        EXPECTED.getAsJsonArray("rows").forEach(row -> {
            if (row.getAsJsonObject().get("template").getAsString().equals(name)) {
                rows.add(row.getAsJsonObject());
            }
        });
        return rows;
    }

    /** In code points, as Python counts. */
    private static String spans(Rendered rendered) {
        final JsonArray all = new JsonArray();
        for (Rendered.Span span : rendered.generated()) {
            final JsonArray both = new JsonArray();
            both.add(rendered.text().codePointCount(0, span.start()));
            both.add(rendered.text().codePointCount(0, span.end()));
            all.add(both);
        }
        return all.toString();
    }

    @Test
    void noTemplateAndNoRowIsLeftOut() throws IOException {
        final Map<String, Integer> rows = new HashMap<>();
        EXPECTED.getAsJsonArray("rows")
                .forEach(row -> rows.merge(row.getAsJsonObject().get("template").getAsString(), 1, Integer::sum));

        assertThat(new TreeSet<>(rows.keySet()))
                .containsExactlyElementsOf(names())
                .hasSize(20);
    }
}
