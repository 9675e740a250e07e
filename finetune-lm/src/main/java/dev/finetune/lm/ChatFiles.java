package dev.finetune.lm;

import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.JsonFiles;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.error.FinetuneException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * Reads conversations, completions and preferences from JSON Lines, in the shapes that data sets for language models have.
 *
 * <pre>{@code
 * Dataset<Chat> train = ChatFiles.jsonl(Path.of("support.jsonl")).chats();
 * Dataset<Text> stories = ChatFiles.jsonl(Path.of("stories.jsonl")).completions();
 * Dataset<Chat> preferred = ChatFiles.jsonl(Path.of("ranked.jsonl")).preferences();
 * }</pre>
 *
 * <p>A row is one of these:
 *
 * <ul>
 *   <li>{@code {"messages": [{"role": "user", "content": "..."}, ...]}}
 *   <li>{@code {"conversations": [{"from": "human", "value": "..."}, ...]}}, with human and gpt for user and assistant
 *   <li>{@code {"prompt": "...", "completion": "..."}}, or both as lists of messages
 *   <li>for {@link #preferences}: {@code {"prompt": ..., "chosen": ..., "rejected": ...}}, as texts or lists of messages;
 *       without {@code prompt}, the messages that both lists begin with are the prompt
 * </ul>
 *
 * <p>{@code tools} beside them, a list of functions, goes with the conversation; so does {@code system} beside
 * {@code conversations}, as its first message. Other keys are left aside. Fields of messages, such as {@code tool_calls}, are
 * kept. A row without these keys, with a message that lacks a role, or with values of another kind is bad: the first one stops
 * reading with an exception that names file, line and key, unless {@link #skipBadRows} is set.
 *
 * <p>A reader never changes: each setting gives a new one.
 */
public final class ChatFiles {
    private final JsonFiles rows;

    private ChatFiles(JsonFiles rows) {
        this.rows = rows;
    }

    /**
     * {@return a reader of one JSON object on each line}
     *
     * @param path the file, which may be gzipped
     */
    public static ChatFiles jsonl(Path path) {
        return new ChatFiles(JsonFiles.lines(Objects.requireNonNull(path, "path")));
    }

    /**
     * Leaves bad rows out instead of failing; their number and the first reasons are logged at the end.
     *
     * @return a new reader with that setting
     */
    public ChatFiles skipBadRows() {
        return new ChatFiles(rows.skipBadRows());
    }

    /**
     * Reads only the first {@code n} good rows. Default: all.
     *
     * @param n at least 1
     * @return a new reader with that setting
     * @throws FinetuneException if it is less
     */
    public ChatFiles limit(long n) {
        return new ChatFiles(rows.limit(n));
    }

    /**
     * Reads the file anew at each pass, in constant memory, for files larger than memory.
     *
     * @return a new reader with that setting
     */
    public ChatFiles streamed() {
        return new ChatFiles(rows.streamed());
    }

    /**
     * {@return the conversations, whole: each label is a {@link Label.None}} A prompt and its completion become what the user
     * and the assistant say.
     *
     * @throws FinetuneException if the file can't be read or a row is bad
     */
    public Dataset<Chat> chats() {
        return rows.read(Chat.class, row -> new Example<>(new ChatRow(row).chat(), Label.none()));
    }

    /**
     * {@return the prompts, as they are, with the rest of the text as {@link Label.Completion}} For {@code prompt} and
     * {@code completion} as texts.
     *
     * @throws FinetuneException if the file can't be read or a row is bad
     */
    public Dataset<Text> completions() {
        return rows.read(Text.class, row -> {
            ChatRow chat = new ChatRow(row);
            return new Example<>(Text.of(chat.text(ChatRow.PROMPT)), Label.completion(chat.text(ChatRow.COMPLETION)));
        });
    }

    /**
     * {@return the conversations up to where two answers part: each label is a {@link Preference}}
     *
     * @throws FinetuneException if the file can't be read or a row is bad
     */
    public Dataset<Chat> preferences() {
        return rows.read(Chat.class, row -> {
            ChatRow chat = new ChatRow(row);
            List<Message> prompt = chat.prompt();
            return new Example<>(chat.with(prompt), chat.preference(prompt));
        });
    }

    /**
     * {@return the prompts, as they are, with two texts that may follow: each label is a {@link TextPreference}} For {@code prompt},
     * {@code chosen} and {@code rejected} as texts, and models without a chat template.
     *
     * @throws FinetuneException if the file can't be read or a row is bad
     */
    public Dataset<Text> completionPreferences() {
        return rows.read(Text.class, row -> {
            ChatRow chat = new ChatRow(row);
            return new Example<>(Text.of(chat.text(ChatRow.PROMPT)), chat.textPreference());
        });
    }
}
