package dev.finetune.lm.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What templates do with tools, documents, parts of messages, recursive macros and namespaces, as Transformers renders it. */
class TemplateShapesTest {
    private static final Path FOLDER = Path.of("src/test/resources/template-shapes");
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-06T05:04:03Z"), ZoneOffset.UTC);

    private static Map<String, Object> variables(JsonObject expected, JsonObject row) {
        final Map<String, Object> variables = new LinkedHashMap<>();
        expected.getAsJsonArray("arguments")
                .get(row.get("arguments").getAsInt())
                .getAsJsonObject()
                .entrySet()
                .forEach(entry -> variables.put(entry.getKey(), JsonValues.of(entry.getValue())));
        variables.put(
                "messages",
                JsonValues.of(expected.getAsJsonArray("conversations")
                        .get(row.get("conversation").getAsInt())));
        return variables;
    }

    @Test
    void everyConversationIsRenderedOrRefusedAsByTransformers() throws IOException {
        final JsonObject expected = JsonFile.object(FOLDER.resolve("expected.json"));
        final Map<String, Integer> rows = new HashMap<>();
        for (JsonElement each : expected.getAsJsonArray("rows")) {
            final JsonObject row = each.getAsJsonObject();
            final String name = row.get("template").getAsString();
            final Template template = Template.of(name, Files.readString(FOLDER.resolve(name)));
            final String what =
                    name + ", conversation " + row.get("conversation") + ", arguments " + row.get("arguments");
            rows.merge(name, 1, Integer::sum);
            if (row.has("error")) {
                assertThatThrownBy(() -> template.render(variables(expected, row), CLOCK, false))
                        .as(what)
                        .isInstanceOf(FinetuneException.class)
                        .hasMessageContaining(name + ", line ")
                        .hasMessageNotContaining("not implemented");
                continue;
            }
            final Rendered rendered = template.render(variables(expected, row), CLOCK, row.has("generated"));
            assertThat(rendered.text()).as(what).isEqualTo(row.get("text").getAsString());
            if (row.has("generated")) {
                assertThat(spans(rendered)).as(what).isEqualTo(row.get("generated"));
            }
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            final List<String> templates = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".jinja"))
                    .toList();
            assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(templates);
        }
        assertThat(rows.values()).hasSize(10).allMatch(count -> count == 20);
    }

    /** In code points, as Python counts. */
    private static JsonArray spans(Rendered rendered) {
        final JsonArray ends = new JsonArray();
        for (Rendered.Span span : rendered.generated()) {
            ends.add(rendered.text().codePointCount(0, span.start()));
            ends.add(rendered.text().codePointCount(0, span.end()));
        }
        return ends;
    }
}
