package dev.finetune.examples;

import dev.finetune.data.Dataset;
import dev.finetune.data.Split;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a language model reads, and the reading. */
final class LanguageData {
    @Option(
            names = "--train",
            required = true,
            description =
                    "Training file: JSON Lines (.jsonl, also .gz) of chats (messages, or conversations), completions"
                            + " (prompt, completion), preferences (prompt, chosen, rejected) or texts (text); or a table of"
                            + " texts (.tsv, .csv).")
    private Path train = Path.of("");

    @Option(names = "--eval", description = "Evaluation file; without one a tenth of the training data is held back.")
    private @Nullable Path evaluation;

    @Option(
            names = "--rows",
            description = "What the rows are: chats, completions, preferences (two answers each, in a chat),"
                    + " completion-preferences (two texts each, which follow the prompt as they stand) or texts; by default"
                    + " what the first row looks like.")
    private String rows = "";

    @Option(names = "--limit", description = "Use only the first rows of the training file; 0 for all.")
    private long limit;

    /** What was read, and whether its rows have two answers each. */
    record Parts<I>(Dataset<I> train, Dataset<I> evaluation, boolean areOfPairs) {}

    /**
     * Reads the files.
     *
     * @param seed of what is held back, where there is no evaluation file
     */
    Parts<?> read(long seed) {
        Bounds.atLeast("--limit", limit, 0);
        final LanguageRows kind = rows.isEmpty() ? LanguageRows.of(train) : LanguageRows.named(rows);
        return parts(seed, kind, kind.read(train), evaluation == null ? null : kind.read(evaluation));
    }

    @SuppressWarnings("unchecked") // Both were read as the same kind.
    private <I> Parts<I> parts(long seed, LanguageRows kind, Dataset<I> all, @Nullable Dataset<?> evaluated) {
        final Dataset<I> limited = limit > 0 ? all.limit(limit) : all;
        if (evaluated != null) {
            return new Parts<>(limited, (Dataset<I>) evaluated, kind.isOfPairs());
        }
        final Split<I> split = limited.split(0.1, seed);
        return new Parts<>(split.train(), split.validation(), kind.isOfPairs());
    }
}
