package dev.finetune.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.data.Dataset;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatFilesTest {
    private static final Chat ASKED =
            Chat.of().system("Be brief.").user("Is it good?").assistant("Yes.");

    @TempDir
    private Path folder;

    private ChatFiles rows(String... lines) throws IOException {
        return ChatFiles.jsonl(Files.write(folder.resolve("rows.jsonl"), List.of(lines)));
    }

    private static Chat only(Dataset<Chat> chats) {
        assertThat(chats.asList()).hasSize(1);
        return chats.asList().get(0).input();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"}, {\"role\": \"user\", \"content\":"
                        + " \"Is it good?\"}, {\"role\": \"assistant\", \"content\": \"Yes.\"}]}",
                "{\"conversations\": [{\"from\": \"system\", \"value\": \"Be brief.\"}, {\"from\": \"human\", \"value\":"
                        + " \"Is it good?\"}, {\"from\": \"gpt\", \"value\": \"Yes.\"}]}",
                "{\"system\": \"Be brief.\", \"conversations\": [{\"from\": \"Human\", \"value\": \"Is it good?\"},"
                        + " {\"from\": \"GPT\", \"value\": \"Yes.\"}], \"id\": 7}",
                "{\"prompt\": [{\"role\": \"system\", \"content\": \"Be brief.\"}, {\"role\": \"user\", \"content\":"
                        + " \"Is it good?\"}], \"completion\": [{\"role\": \"assistant\", \"content\": \"Yes.\"}]}"
            })
    void theUsualShapesAreTheSameConversation(String row) throws IOException {
        assertThat(only(rows(row).chats())).isEqualTo(ASKED);
        assertThat(rows(row).chats().asList().get(0).label()).isEqualTo(Label.none());
    }

    @Test
    void aPromptAndItsCompletionAreAConversationOrAText() throws IOException {
        final ChatFiles pair = rows("{\"prompt\": \" Is it good?\", \"completion\": \"Yes.\\n\"}");

        assertThat(only(pair.chats())).isEqualTo(Chat.of().user(" Is it good?").assistant("Yes.\n"));
        assertThat(pair.completions().asList().get(0).input()).isEqualTo(Text.of(" Is it good?"));
        assertThat(pair.completions().asList().get(0).label()).isEqualTo(Label.completion("Yes.\n"));
    }

    @Test
    void toolsCallsAndOtherFieldsAreKeptInTheirOrder() throws IOException {
        final String call =
                "{\"id\": \"a1\", \"type\": \"function\", \"function\": {\"name\": \"price\", \"arguments\":"
                        + " {\"b\": 1, \"a\": 2.0, \"c\": null}}}";
        final Chat chat =
                only(rows("{\"messages\": [{\"role\": \"user\", \"content\": \"How much?\", \"name\": \"Eva\"},"
                                + " {\"role\": \"assistant\", \"content\": null, \"tool_calls\": [" + call
                                + "]}], \"tools\":"
                                + " [{\"type\": \"function\", \"function\": {\"name\": \"price\"}}]}")
                        .chats());

        assertThat(chat.tools()).containsExactly(Map.of("type", "function", "function", Map.of("name", "price")));
        assertThat(chat.messages().get(0).fields()).containsEntry("name", "Eva");
        assertThat(chat.messages().get(1).content()).isEmpty();
        final ChatTemplate template = ChatTemplate.of(
                "{{ tools | tojson }}{% for m in messages %}{{ m.tool_calls | tojson if m.tool_calls }}{% endfor %}");
        assertThat(template.render(chat, false))
                .isEqualTo("[{\"type\": \"function\", \"function\": {\"name\": \"price\"}}][" + call + "]");
    }

    @Test
    void toolsMayBeWrittenAsAText() throws IOException {
        final String row = "{\"prompt\": \"a\", \"completion\": \"b\", \"tools\": \"[{\\\"name\\\": \\\"f\\\"}]\"}";

        assertThat(only(rows(row).chats()).tools()).containsExactly(Map.of("name", "f"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt\": \"Is it good?\", \"chosen\": \"Yes.\", \"rejected\": \"No.\"}",
                "{\"prompt\": [{\"role\": \"user\", \"content\": \"Is it good?\"}], \"chosen\": [{\"role\": \"assistant\","
                        + " \"content\": \"Yes.\"}], \"rejected\": [{\"role\": \"assistant\", \"content\": \"No.\"}]}",
                "{\"prompt\": \"Is it good?\", \"chosen\": [{\"role\": \"user\", \"content\": \"Is it good?\"}, {\"role\":"
                        + " \"assistant\", \"content\": \"Yes.\"}], \"rejected\": [{\"role\": \"user\", \"content\":"
                        + " \"Is it good?\"}, {\"role\": \"assistant\", \"content\": \"No.\"}]}",
                "{\"chosen\": [{\"role\": \"user\", \"content\": \"Is it good?\"}, {\"role\": \"assistant\", \"content\":"
                        + " \"Yes.\"}], \"rejected\": [{\"role\": \"user\", \"content\": \"Is it good?\"}, {\"role\":"
                        + " \"assistant\", \"content\": \"No.\"}]}"
            })
    void preferencesHaveTheirPromptAndTwoAnswers(String row) throws IOException {
        final Dataset<Chat> pairs = rows(row).preferences();

        assertThat(only(pairs)).isEqualTo(Chat.of().user("Is it good?"));
        assertThat(pairs.asList().get(0).label())
                .isEqualTo(new Preference(List.of(Message.assistant("Yes.")), List.of(Message.assistant("No."))));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"text\": \"a\"}|line 2: there is no \"messages\", \"conversations\"",
                "{\"messages\": \"a\"}|\"messages\" holds \"a\", expected a list of messages",
                "{\"messages\": []}|\"messages\" is empty",
                "{\"messages\": [{\"role\": \"user\"}]}|\"messages\"[0] lacks \"content\"",
                "{\"messages\": [{\"content\": \"a\"}]}|\"messages\"[0] lacks \"role\"",
                "{\"messages\": [{\"role\": \"user\", \"content\": 7}]}|\"messages\"[0].content holds 7, expected a string",
                "{\"messages\": [{\"role\": 1, \"content\": \"\"}]}|\"messages\"[0].role holds 1, expected a string",
                "{\"conversations\": [{\"from\": \"cat\", \"value\": \"\"}]}|is from \"cat\", expected one of assistant",
                "{\"conversations\": [{\"from\": \"human\"}]}|\"conversations\"[0] lacks \"value\"",
                "{\"prompt\": \"a\", \"completion\": \"b\", \"tools\": {}}|\"tools\" holds {}, expected a list",
                "{\"prompt\": \"a\", \"completion\": \"b\", \"tools\": \"[\"}|\"tools\" is a text that isn't JSON",
                "{\"prompt\": \"a\"}|its keys are: prompt"
            })
    void aBadRowNamesFileLineAndKey(String row, String reason) throws IOException {
        final String good = "{\"prompt\": \"a\", \"completion\": \"b\"}";

        assertThatThrownBy(() -> rows(good, row).chats())
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("rows.jsonl, line 2: ")
                .hasMessageContaining(reason)
                .hasMessageContaining("skipBadRows()");
        assertThat(rows(good, row, good).skipBadRows().chats().asList()).hasSize(2);
    }

    @Test
    void answersThatDoNotPartAreRefused() throws IOException {
        assertThatThrownBy(() -> rows("{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"b\"}")
                        .preferences())
                .hasMessageContaining("\"chosen\" and \"rejected\" are the same");
        assertThatThrownBy(
                        () -> rows("{\"chosen\": \"b\", \"rejected\": \"c\"}").preferences())
                .hasMessageContaining("there is no \"prompt\", as \"chosen\" and \"rejected\" are texts");
        assertThatThrownBy(() -> rows("{\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}], \"completion\": []}")
                        .completions())
                .hasMessageContaining("\"prompt\" holds [{")
                .hasMessageContaining("read lists of messages with chats()");
    }

    @Test
    void aStreamedFileIsReadAnewAndALimitKept() throws IOException {
        final String row = "{\"prompt\": \"a\", \"completion\": \"b\"}";
        final Dataset<Chat> streamed = rows(row, row, row).limit(2).streamed().chats();

        assertThat(streamed.stream()).hasSize(2);
        assertThat(streamed.stream()).hasSize(2);
        assertThat(streamed.size()).isEmpty();
    }
}
