package dev.finetune.lm;

import dev.finetune.data.ReadAsText;
import dev.finetune.error.FinetuneException;
import dev.finetune.internal.Arguments;
import dev.finetune.lm.template.JsonValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A conversation, and the functions that its assistant may call. Each method gives a new one.
 *
 * <pre>{@code
 * Chat chat = Chat.of().system("Answer in one word.").user("Is the battery good?").assistant("Yes.");
 * }</pre>
 *
 * @param messages in order
 * @param tools functions that may be called, each as JSON Schema describes it, in the layout of Hugging Face: {@code {"type":
 *     "function", "function": {"name": ..., "description": ..., "parameters": {...}}}}; mostly none
 */
public record Chat(List<Message> messages, List<Map<String, @Nullable Object>> tools) implements ReadAsText {
    /**
     * Keeps its own copy.
     *
     * @throws FinetuneException if a tool holds something that isn't JSON
     */
    public Chat {
        messages = Arguments.copy(messages, "messages");
        List<Map<String, @Nullable Object>> copy = new ArrayList<>();
        for (Map<String, @Nullable Object> tool : Arguments.copy(tools, "tools")) {
            copy.add(JsonValues.copyOf(tool, "tools[" + copy.size() + "]"));
        }
        tools = List.copyOf(copy);
    }

    /**
     * {@return a conversation without tools}
     *
     * @param messages in order; none for one to begin with
     */
    public static Chat of(Message... messages) {
        return new Chat(Arguments.copy("messages", messages), List.of());
    }

    /**
     * {@return the conversation with one more message of the system}
     *
     * @param content what is said
     */
    public Chat system(String content) {
        return and(Message.system(content));
    }

    /**
     * {@return the conversation with one more message of the user}
     *
     * @param content what the user says
     */
    public Chat user(String content) {
        return and(Message.user(content));
    }

    /**
     * {@return the conversation with one more message of the assistant}
     *
     * @param content what the assistant says
     */
    public Chat assistant(String content) {
        return and(Message.assistant(content));
    }

    /**
     * {@return the conversation with one more message}
     *
     * @param message what is said next
     */
    public Chat and(Message message) {
        List<Message> more = new ArrayList<>(messages);
        more.add(Objects.requireNonNull(message, "message"));
        return new Chat(more, tools);
    }

    /**
     * {@return the conversation with these functions that may be called}
     *
     * @param functions as {@link #tools} has them
     * @throws FinetuneException if one holds something that isn't JSON
     */
    public Chat withTools(List<? extends Map<String, ? extends @Nullable Object>> functions) {
        List<Map<String, @Nullable Object>> copy = new ArrayList<>();
        for (Map<String, ? extends @Nullable Object> tool : Arguments.copy(functions, "functions")) {
            copy.add(JsonValues.copyOf(tool, "functions[" + copy.size() + "]"));
        }
        return new Chat(messages, copy);
    }

    /** {@return the messages, a line each with who speaks; nothing where none says anything} */
    @Override
    public String readAsText() {
        return Message.readAsText(messages, "\n");
    }

    /** Whether the assistant says nothing at all, or has a message that says nothing and calls nothing. */
    @Override
    public boolean lacksAnswer() {
        return messages.stream().noneMatch(Message::isAssistant)
                || messages.stream().anyMatch(message -> message.isAssistant() && message.saysNothing());
    }

    /** In one line: who speaks, and what is said. */
    @Override
    public String toString() {
        return Message.readAsText(messages, " / ");
    }

    /** The conversation up to a message, which isn't part of it. */
    Chat before(int message) {
        return new Chat(messages.subList(0, message), tools);
    }
}
