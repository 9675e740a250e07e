package dev.finetune.examples;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.finetune.data.Dataset;
import dev.finetune.data.Example;
import dev.finetune.data.JsonFiles;
import dev.finetune.data.Label;
import dev.finetune.data.Split;
import dev.finetune.data.Text;
import dev.finetune.data.TextFiles;
import dev.finetune.error.FinetuneException;
import dev.finetune.lm.ChatFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a language model reads, and the reading. */
final class LanguageData {
    private static final String CHATS = "chats";
    private static final String COMPLETIONS = "completions";
    private static final String TEXTS = "texts";

    @Option(
            names = "--train",
            required = true,
            description =
                    "Training file: JSON Lines (.jsonl, also .gz) of chats (messages, or conversations), completions"
                            + " (prompt, completion) or texts (text); or a table of texts (.tsv, .csv).")
    private Path train = Path.of("");

    @Option(names = "--eval", description = "Evaluation file; without one a tenth of the training data is held back.")
    private @Nullable Path evaluation;

    @Option(
            names = "--rows",
            description = "What the rows are: chats, completions or texts; by default what the first row looks like.")
    private String rows = "";

    @Option(names = "--limit", description = "Use only the first rows of the training file; 0 for all.")
    private long limit;

    /** What was read. */
    record Parts<I>(Dataset<I> train, Dataset<I> evaluation) {}

    /**
     * Reads the files.
     *
     * @param seed of what is held back, where there is no evaluation file
     */
    Parts<?> read(long seed) {
        Bounds.atLeast("--limit", limit, 0);
        final String kind = rows.isEmpty() ? kind(train) : rows;
        if (!List.of(CHATS, COMPLETIONS, TEXTS).contains(kind)) {
            throw new WrongUsage("--rows " + rows + ": expected chats, completions or texts.");
        }
        return parts(seed, read(kind, train), evaluation == null ? null : read(kind, evaluation));
    }

    @SuppressWarnings("unchecked") // Both were read as the same kind.
    private <I> Parts<I> parts(long seed, Dataset<I> all, @Nullable Dataset<?> evaluated) {
        final Dataset<I> limited = limit > 0 ? all.limit(limit) : all;
        if (evaluated != null) {
            return new Parts<>(limited, (Dataset<I>) evaluated);
        }
        final Split<I> split = limited.split(0.1, seed);
        return new Parts<>(split.train(), split.validation());
    }

    private static Dataset<?> read(String kind, Path file) {
        return switch (kind) {
            case CHATS -> ChatFiles.jsonl(file).chats();
            case COMPLETIONS -> ChatFiles.jsonl(file).completions();
            default -> TextFiles.of(file).unlabelled();
        };
    }

    /** What the first row of a file looks like. */
    private static String kind(Path file) {
        if (!TableOptions.name(file).endsWith(".jsonl")) {
            return TEXTS;
        }
        final Optional<Example<Text>> first = JsonFiles.lines(file)
                .limit(1)
                .read(Text.class, row -> new Example<>(Text.of(row.toString()), Label.none()))
                .stream()
                .findFirst();
        return first.map(row -> JsonParser.parseString(row.input().text()).getAsJsonObject())
                .map(row -> kind(file, row))
                .orElseThrow(() -> new FinetuneException("--train " + file + ": the file has no rows."));
    }

    private static String kind(Path file, JsonObject row) {
        if (row.has("prompt") && row.has("completion")) {
            return row.get("prompt").isJsonPrimitive() ? COMPLETIONS : CHATS;
        }
        if (row.has("messages") || row.has("conversations")) {
            return CHATS;
        }
        if (row.has("text")) {
            return TEXTS;
        }
        throw new WrongUsage(
                "--train " + file + ": the first row has the keys " + row.keySet()
                        + "; expected messages or conversations (chats), prompt and completion (completions), or text (texts).");
    }
}
