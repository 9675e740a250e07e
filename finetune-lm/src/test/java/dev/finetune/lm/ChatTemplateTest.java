package dev.finetune.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.bert.text.TokenizedText;
import dev.finetune.bert.text.Tokenizer;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.template.Rendered.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatTemplateTest {
    private static final Path LLAMA3 = Path.of("src/test/resources/golden/llama-chat/model-llama3");

    @TempDir
    private Path folder;

    private ChatTemplate inConfig(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), json);
        return ChatTemplate.open(folder);
    }

    @Test
    void aFileOfItsOwnWinsOverTheConfiguration() throws IOException {
        Files.writeString(folder.resolve("chat_template.jinja"), "file {{ bos_token }}");

        assertThat(inConfig("{\"chat_template\": \"config\", \"bos_token\": {\"content\": \"<s>\"}}")
                        .render(Chat.of(), false))
                .isEqualTo("file <s>");
    }

    @Test
    void aConversationWithToolsTakesTheTemplateForThem() throws IOException {
        final ChatTemplate template = inConfig("{\"chat_template\": [{\"name\": \"default\", \"template\": \"plain\"},"
                + " {\"name\": \"tool_use\", \"template\": \"{{ tools[0].name }}\"}]}");

        assertThat(template.render(Chat.of().user("a"), false)).isEqualTo("plain");
        assertThat(template.render(Chat.of().user("a").withTools(List.of(Map.of("name", "f"))), false))
                .isEqualTo("f");
    }

    @Test
    void aTemplateForToolsThatIsntReadIsNamedWhereItWouldBeTaken() throws IOException {
        Files.writeString(folder.resolve("chat_template.jinja"), "plain");
        final Path more = Files.createDirectories(folder.resolve("additional_chat_templates"));
        Files.writeString(more.resolve("tool_use.jinja"), "{{ tools[0].name }}");
        final ChatTemplate template = ChatTemplate.open(folder);

        assertThat(template.render(Chat.of().user("a"), false)).isEqualTo("plain");
        final Chat withTools = Chat.of().user("a").withTools(List.of(Map.of("name", "f")));
        assertThatThrownBy(() -> template.render(withTools, false))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("tool_use.jinja, which isn't read");
    }

    /** As AutoTokenizer of Transformers 5.18 renders it. */
    @Test
    void theOlderFileOfSpecialTokensGoesBeforeTheConfigurationUnlessThatListsAllTokens() throws IOException {
        Files.writeString(
                folder.resolve("special_tokens_map.json"),
                "{\"bos_token\": \"<y>\", \"eos_token\": {\"content\": \"</s>\"}}");
        final String config =
                "{\"chat_template\": \"{{ bos_token }} {{ eos_token }} {{ my_token }}{{ add_bos_token }}\", \"bos_token\": \"<x>\","
                        + " \"my_token\": \"<z>\", \"add_bos_token\": true";

        assertThat(inConfig(config + "}").render(Chat.of(), false)).isEqualTo("<y> </s> <z>");
        assertThat(inConfig(config + ", \"added_tokens_decoder\": {}}").render(Chat.of(), false))
                .isEqualTo("<x>  <z>");
    }

    @Test
    void aUsualTemplateThatIsntReadIsNamed() throws IOException {
        final Path more = Files.createDirectories(folder.resolve("additional_chat_templates"));
        Files.writeString(more.resolve("tool_use.jinja"), "{{ tools[0].name }}");
        assertThatThrownBy(() -> inConfig("{\"chat_template\": \"config\"}"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("no chat_template.jinja", "remove the folder");

        Files.writeString(folder.resolve("chat_template.jinja"), "plain");
        Files.writeString(more.resolve("default.jinja"), "other");
        assertThatThrownBy(() -> inConfig("{}"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContainingAll("default.jinja, which isn't read", "chat_template.jinja");
    }

    @Test
    void aModelWithoutATemplateSaysSo() throws IOException {
        assertThatThrownBy(() -> inConfig("{\"eos_token\": null}"))
                .isInstanceOf(FinetuneException.class)
                .hasMessageContaining("has no chat template")
                .hasMessageContaining("ChatTemplate.of(text)");
        assertThatThrownBy(() -> inConfig("{\"chat_template\": 7}"))
                .hasMessageContaining("neither a string nor a list");
        assertThatThrownBy(() -> inConfig("{\"chat_template\": {\"a\": 1}}"))
                .hasMessageContaining("neither a string nor a list");
        assertThatThrownBy(() -> inConfig("{\"chat_template\": [{\"name\": \"rag\", \"template\": \"\"}]}")
                        .render(Chat.of(), false))
                .hasMessageContaining("the chat templates rag, and none called default");
    }

    @Test
    void variablesAreTold() {
        final ChatTemplate template = ChatTemplate.of(
                "{{ '<think>' if enable_thinking is false }}{{ docs | tojson }}{{ strftime_now('%d %b %Y') }}");
        final Clock clock = Clock.fixed(Instant.parse("2024-07-06T05:04:03Z"), ZoneOffset.UTC);

        assertThat(template.with("enable_thinking", false)
                        .with(Map.of("docs", List.of(1, 2.0)))
                        .at(clock)
                        .render(Chat.of(), false))
                .isEqualTo("<think>[1, 2.0]06 Jul 2024");
        assertThatThrownBy(() -> template.with("docs", new Object()))
                .hasMessageContaining("docs is a java.lang.Object, expected null, a truth value");
    }

    @Test
    void whatTheConversationSaysIsNotAVariable() {
        final ChatTemplate template = ChatTemplate.of("{{ messages[0].content }}");
        for (String own : List.of("messages", "tools", "add_generation_prompt")) {
            assertThatThrownBy(() -> template.with(own, "other"))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("with(\"" + own + "\"")
                    .hasMessageContaining("by the conversation itself");
        }
    }

    @Test
    void messagesAreAppendedToACopy() {
        final Chat one = Chat.of().user("a");
        final Map<String, Object> fields = new HashMap<>(Map.of("role", "tool", "content", "b"));
        final Chat two = one.and(new Message(fields));
        fields.put("content", "changed");

        assertThat(one.messages()).hasSize(1);
        assertThat(two.messages().get(1).content()).isEqualTo("b");
        assertThatThrownBy(() -> two.messages().get(1).fields().put("content", "c"))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> new Message(Map.of("content", "b")))
                .hasMessageContaining("expected a string \"role\"");
    }

    @Test
    void callsAndReasoningAreInTheLayoutThatTemplatesRead() {
        final Message message =
                Message.assistant("").withReasoning("hm").withToolCalls(new ToolCall("price", Map.of("product", "x")));
        final ChatTemplate template =
                ChatTemplate.of("{{ messages[0].reasoning_content }} {{ messages[0].tool_calls[0] | tojson }}");

        assertThat(template.render(Chat.of(message), false))
                .isEqualTo("hm {\"type\": \"function\", \"function\": {\"name\": \"price\", \"arguments\":"
                        + " {\"product\": \"x\"}}}");
    }

    @Test
    void textsOfPartsAreTheContent() {
        final Message message = new Message(Map.of(
                "role", "user", "content", List.of(Map.of("type", "text", "text", "a"), Map.of("type", "image"))));

        assertThat(message.content()).isEqualTo("a");
    }

    @Test
    void aTemplateThatRendersAMessageOtherwiseOnceMoreFollowsNeedsGenerationBlocks() {
        final String source = "{% for m in messages %}[{{ m.role }}]{{ '<think></think>' if loop.last and m.role =="
                + " 'assistant' }}{{ m.content }}{% endfor %}{{ '[assistant]' if add_generation_prompt }}";
        final Chat chat = Chat.of().user("a").assistant("b").user("c").assistant("d");
        try (Tokenizer tokenizer = Tokenizer.open(LLAMA3)) {
            assertThatThrownBy(() -> ChatTemplate.of(source).encode(tokenizer, chat))
                    .isInstanceOf(FinetuneException.class)
                    .hasMessageContaining("first 2 messages render to another text alone than as its beginning: from"
                            + " character 18 on, \"<think></think>b\" against \"b[user]c")
                    .hasMessageContaining("Put {% generation %} and {% endgeneration %} around");

            final String marked =
                    source.replace("{{ m.content }}", "{% generation %}{{ m.content }}{% endgeneration %}");
            assertThat(ChatTemplate.of(marked).encode(tokenizer, chat).labels()).contains(-100);
            assertThatThrownBy(() -> ChatTemplate.of("{{ messages[0].content }}")
                            .encode(tokenizer, Chat.of().assistant("a")))
                    .hasMessageContaining("its message 1 (of the assistant)")
                    .hasMessageContaining("rendered alone, and failed: The chat template, line 1: ");
        }
    }

    @Test
    void tokensAcrossABorderAndBlanksWithoutLengthAreTheAssistants() {
        final TokenizedText tokens = new TokenizedText(
                new int[] {1, 2, 3, 4, 5, 6},
                new int[6],
                new int[6],
                new int[] {0, 2, 5, 6, 8, 10},
                new int[] {2, 5, 6, 6, 10, 12},
                -1,
                false);

        assertThat(AssistantSpans.labelled(tokens, List.of(new Span(3, 9))).labels())
                .containsExactly(-100, 2, 3, 4, 5, -100);
        assertThat(AssistantSpans.labelled(tokens, List.of(new Span(2, 5), new Span(6, 6), new Span(10, 12)))
                        .labels())
                .containsExactly(-100, 2, -100, -100, -100, 6);
        assertThat(AssistantSpans.labelled(tokens, List.of()).labels()).containsOnly(-100);
    }
}
