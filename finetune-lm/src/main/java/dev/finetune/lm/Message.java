package dev.finetune.lm;

import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import dev.finetune.lm.template.JsonValues;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What one side of a chat says, with all that a template may be told of it.
 *
 * @param fields by name, in order: {@code role} (such as "user"), mostly {@code content}, and what else there is, such as
 *     {@code tool_calls}, {@code reasoning_content} or {@code name}. Values are null, truth values, numbers, strings, lists,
 *     and maps of strings to such
 */
public record Message(Map<String, @Nullable Object> fields) {
    private static final String ROLE = "role";
    private static final String CONTENT = "content";
    private static final String ASSISTANT = "assistant";

    /**
     * Checks that there is a role, and keeps its own copy.
     *
     * @throws FinetuneException if there is no role, or a value of another kind
     */
    public Message {
        fields = JsonValues.copyOf(fields, "fields");
        if (!(fields.get(ROLE) instanceof String)) {
            throw new FinetuneException("A message has the fields " + fields.keySet()
                    + ", expected a string \"role\" among them, such as user or assistant.");
        }
    }

    /**
     * {@return a message}
     *
     * @param role such as "user"
     * @param content what is said
     */
    public static Message of(String role, String content) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put(ROLE, Objects.requireNonNull(role, ROLE));
        fields.put(CONTENT, Objects.requireNonNull(content, CONTENT));
        return new Message(fields);
    }

    /**
     * {@return what the assistant is told to be}
     *
     * @param content what is said
     */
    public static Message system(String content) {
        return of("system", content);
    }

    /**
     * {@return what the user says}
     *
     * @param content what is said
     */
    public static Message user(String content) {
        return of("user", content);
    }

    /**
     * {@return what the assistant says}
     *
     * @param content what is said
     */
    public static Message assistant(String content) {
        return of(ASSISTANT, content);
    }

    /** {@return who speaks: user, assistant, system, tool, or what the template calls them} */
    public String role() {
        return (String) Objects.requireNonNull(fields.get(ROLE), ROLE);
    }

    /** {@return what is said; of content in parts, the texts one after the other; empty where nothing is said} */
    public String content() {
        Object content = fields.get(CONTENT);
        if (content instanceof List<?> parts) {
            return parts.stream()
                    .map(part -> part instanceof Map<?, ?> map && map.get("text") instanceof String text ? text : "")
                    .collect(Collectors.joining());
        }
        return content instanceof String text ? text : "";
    }

    /**
     * {@return the same message with another field, or another value of one}
     *
     * @param field such as "name"
     * @param value as {@link #fields} has them
     * @throws FinetuneException if the value is of another kind
     */
    public Message with(String field, @Nullable Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(fields);
        more.put(Objects.requireNonNull(field, "field"), value);
        return new Message(more);
    }

    /**
     * {@return the same message with what the assistant thought before: {@code reasoning_content}}
     *
     * @param reasoning what was thought
     */
    public Message withReasoning(String reasoning) {
        return with("reasoning_content", Objects.requireNonNull(reasoning, "reasoning"));
    }

    /**
     * {@return the same message with functions that the assistant wants called: {@code tool_calls}}
     *
     * @param calls in order
     */
    public Message withToolCalls(ToolCall... calls) {
        return with(
                "tool_calls",
                Arguments.copy("calls", calls).stream().map(ToolCall::asMap).toList());
    }

    /** Messages one after the other; nothing where none says anything. */
    static String readAsText(List<Message> messages, String between) {
        return messages.stream().allMatch(Message::saysNothing)
                ? ""
                : messages.stream().map(Message::toString).collect(Collectors.joining(between));
    }

    /** Whether it has neither words nor calls. */
    boolean saysNothing() {
        return content().isBlank() && !(fields.get("tool_calls") instanceof List<?> calls && !calls.isEmpty());
    }

    /** Who speaks, what is said, and how many functions are called: "user: My parcel is late.". */
    @Override
    public String toString() {
        final int calls = fields.get("tool_calls") instanceof List<?> list ? list.size() : 0;
        return role() + ": " + content()
                + (calls == 0 ? "" : (content().isBlank() ? "[" : " [") + "calls " + names(calls) + "]");
    }

    private String names(int calls) {
        final String names = fields.get("tool_calls") instanceof List<?> list
                ? list.stream()
                        .map(call -> call instanceof Map<?, ?> map && map.get("function") instanceof Map<?, ?> function
                                ? String.valueOf(function.get("name"))
                                : "")
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.joining(", "))
                : "";
        return names.isEmpty() ? String.valueOf(calls) : names;
    }

    boolean isAssistant() {
        return role().equals(ASSISTANT);
    }
}
