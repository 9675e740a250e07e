package dev.finetune.examples;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.JsonFiles;
import dev.finetune.data.Label;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.ChatFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the rows of a file are that a language model learns from, and their reading. */
enum LanguageRows {
    CHATS,
    COMPLETIONS,
    PREFERENCES,
    COMPLETION_PREFERENCES,
    TEXTS;

    /** What the rows that are named by an option look like. */
    static final String SHAPES = "messages or conversations (chats), prompt and completion (completions), chosen and"
            + " rejected (preferences), or text (texts)";

    /** As the option says it. */
    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether each row has two answers, of which one is preferred. */
    boolean isOfPairs() {
        return this == PREFERENCES || this == COMPLETION_PREFERENCES;
    }

    /** The kind that an option names. */
    static LanguageRows named(String word) {
        return Arrays.stream(values())
                .filter(kind -> kind.word().equals(word))
                .findFirst()
                .orElseThrow(() -> new WrongUsage("--rows " + word + ": expected one of "
                        + Arrays.stream(values()).map(LanguageRows::word).collect(Collectors.joining(", ")) + "."));
    }

    /** Reads a file. */
    Dataset<?> read(Path file) {
        return switch (this) {
            case CHATS -> ChatFiles.jsonl(file).chats();
            case COMPLETIONS -> ChatFiles.jsonl(file).completions();
            case PREFERENCES -> ChatFiles.jsonl(file).preferences();
            case COMPLETION_PREFERENCES -> ChatFiles.jsonl(file).completionPreferences();
            case TEXTS -> TextFiles.of(file).unlabelled();
        };
    }

    /** What the first row of a file looks like; a table holds texts. */
    static LanguageRows of(Path file) {
        if (!isJsonLines(file)) {
            return TEXTS;
        }
        final JsonObject row =
                first(file).orElseThrow(() -> new FinetuneException("--train " + file + ": the file has no rows."));
        return of(row).orElseThrow(() -> new WrongUsage(
                "--train " + file + ": the first row has the keys " + row.keySet() + "; expected " + SHAPES + "."));
    }

    /** The same of a file that may hold anything; empty where its rows aren't such, or texts. */
    static Optional<LanguageRows> ifAny(Path file) {
        return Files.isRegularFile(file) && isJsonLines(file)
                ? first(file)
                        .filter(row -> !row.has("label") && !row.has("labels"))
                        .flatMap(LanguageRows::of)
                        .filter(kind -> kind != TEXTS)
                : Optional.empty();
    }

    private static boolean isJsonLines(Path file) {
        return TableOptions.name(file).endsWith(".jsonl");
    }

    private static Optional<JsonObject> first(Path file) {
        return JsonFiles.lines(file)
                .limit(1)
                .read(Text.class, row -> new Example<>(Text.of(row.toString()), Label.none()))
                .stream()
                .findFirst()
                .map(row -> JsonParser.parseString(row.input().text()).getAsJsonObject());
    }

    private static Optional<LanguageRows> of(JsonObject row) {
        final boolean promptIsText = row.has("prompt") && row.get("prompt").isJsonPrimitive();
        if (row.has("chosen") && row.has("rejected")) {
            return Optional.of(
                    promptIsText && row.get("chosen").isJsonPrimitive() ? COMPLETION_PREFERENCES : PREFERENCES);
        }
        if (row.has("prompt") && row.has("completion")) {
            return Optional.of(promptIsText ? COMPLETIONS : CHATS);
        }
        if (row.has("messages") || row.has("conversations")) {
            return Optional.of(CHATS);
        }
        return row.has("text") ? Optional.of(TEXTS) : Optional.empty();
    }
}
